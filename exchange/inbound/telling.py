"""Which messages told of a patient, in the order of their places, and what each made. Named SQL.

A subject is a patient, or a resource that several share and a message changed; both as the hash of
`Type/id`. `versions` are those that the resources had when the message was told; 0: one that no longer
shows what the messages up to this one say, because an earlier one came late. A telling of nothing stands for
itself and those before it, which are forgotten (`exchange.inbound.forgetting`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange.inbound.place import Place
from exchange.store.arrays import array_texts
from exchange.store.connection import Connection

# So many later messages are told again; beyond, a late message only completes.
MOST: Final = 200

# What stands after a place of a subject, the nearest first.
LATER: Final = """
SELECT w.at - 1 AS at, t.place, t.message, t.refs, t.versions
FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS w (subject, place, at)
CROSS JOIN LATERAL (
    SELECT * FROM telling t WHERE t.subject = w.subject AND t.place > w.place ORDER BY t.place LIMIT $3
) t"""

# What stands before a place of some subjects, or at it, the nearest first.
EARLIER: Final = """
SELECT DISTINCT t.place, t.message, t.refs, t.versions
FROM unnest($1::bigint[]) AS w (subject)
CROSS JOIN LATERAL (
    SELECT * FROM telling t WHERE t.subject = w.subject AND t.place <= $2 ORDER BY t.place DESC LIMIT $3
) t
ORDER BY t.place DESC"""

# A message has been told; being told again, it takes its own place.
TELL: Final = """
INSERT INTO telling (subject, place, message, refs, versions)
SELECT subject, place, message, refs::bigint[], versions::integer[]
FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::text::text[], $5::text::text[])
    AS w (subject, place, message, refs, versions)
ON CONFLICT (subject, place) DO UPDATE SET refs = excluded.refs, versions = excluded.versions"""

# Other versions of what later messages told of, unless that is forgotten.
CORRECT: Final = """
UPDATE telling t SET versions = w.versions::integer[]
FROM unnest($1::bigint[], $2::bytea[], $3::text::text[]) AS w (subject, place, versions)
WHERE t.subject = w.subject AND t.place = w.place AND t.refs <> '{}'"""


@dataclass(frozen=True, slots=True)
class Telling:
    """What one message told. `versions` are in the order of `refs`."""

    place: Place
    message: int
    refs: tuple[int, ...]
    versions: tuple[int, ...]

    def version(self, ref: int) -> int:
        """That of a resource; 0 if it is not known."""
        return self.versions[self.refs.index(ref)] if ref in self.refs else 0


async def later(connection: Connection, asked: Sequence[tuple[int, Place]]) -> list[list[Telling]]:
    """What stands after each (subject, place), in order; at most one more than `MOST`."""
    found: list[list[Telling]] = [[] for _ in asked]
    if asked:
        subjects, places = zip(*asked, strict=True)
        for record in await connection.fetch(LATER, subjects, places, MOST + 1):
            found[record["at"]].append(_telling(record))
    return found


async def earlier(connection: Connection, subjects: Sequence[int], place: Place) -> list[Telling]:
    """What stands before a place, or at it, the nearest first."""
    return [_telling(record) for record in await connection.fetch(EARLIER, subjects, place, MOST)]


async def tell(connection: Connection, told: Sequence[tuple[int, Telling]]) -> None:
    """Note what messages told of subjects."""
    if told:
        await connection.execute(
            TELL,
            [subject for subject, _ in told],
            [each.place for _, each in told],
            [each.message for _, each in told],
            array_texts([each.refs for _, each in told]),
            array_texts([each.versions for _, each in told]),
        )


async def correct(connection: Connection, told: Sequence[tuple[int, Telling]]) -> None:
    """Note the versions that these have now."""
    if told:
        versions = array_texts([each.versions for _, each in told])
        subjects = [subject for subject, _ in told]
        await connection.execute(CORRECT, subjects, [each.place for _, each in told], versions)


def _telling(record: Any) -> Telling:
    return Telling(record["place"], record["message"], tuple(record["refs"]), tuple(record["versions"]))
