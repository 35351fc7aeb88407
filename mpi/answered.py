"""Questions that what happened has answered without anybody's answer; asked again if that is taken back.
Named SQL.

Every function takes an open connection inside the caller's transaction and never commits.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from mpi.decide import Finding
from mpi.rows import Connection

# These persons and all identities that they replaced.
FAMILY: Final = """
WITH RECURSIVE family AS (
    SELECT unnest($1::bigint[]) AS person
    UNION
    SELECT p.person FROM family f JOIN mpi_person p ON p.replaced_by = f.person
)
SELECT person FROM family
"""

# What waits about any of these persons; open ones have an index of their own.
WAITING_ABOUT: Final = """
WITH found AS (
    SELECT review FROM mpi_review WHERE state = 'open' AND persons && $1::bigint[]
    UNION ALL
    SELECT review FROM mpi_review
    WHERE state IN ('proposed', 'escalated', 'skipped') AND persons && $1::bigint[]
)
"""

# What was answered at $2 without anybody's answer, and is not asked again already.
ANSWERED_AT: Final = """
WITH found AS (
    SELECT review FROM mpi_review q
    WHERE state = 'obsolete' AND decided = $2 AND decided_by = 'hub' AND persons && $1::bigint[]
      AND NOT EXISTS (SELECT FROM mpi_review o WHERE o.state = 'open' AND o.record = q.record
                      AND o.kind = q.kind AND o.persons = q.persons)
)
"""

# With how things stand: whose the record is, whether it has company there and is merged into another, and
# from whom it is kept apart.
AS_IT_STANDS: Final = """
SELECT q.review, q.kind, q.record, q.persons, q.reasons::text AS reasons, l.person,
       r.merged_into IS NOT NULL AS merged,
       ARRAY(SELECT d.low + d.high - q.record FROM mpi_do_not_link d
             WHERE d.recorded_to IS NULL AND d.low = q.record
             UNION ALL SELECT d.low FROM mpi_do_not_link d
             WHERE d.recorded_to IS NULL AND d.high = q.record) AS parted
FROM mpi_review q
JOIN mpi_record r USING (record)
JOIN mpi_link l ON l.record = q.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
WHERE q.review IN (SELECT review FROM found)
FOR UPDATE OF q
"""

# Each of these persons with the one that stands for it now.
STANDING: Final = """
WITH RECURSIVE chain AS (
    SELECT person AS start, person, replaced_by FROM mpi_person WHERE person = ANY($1::bigint[])
    UNION
    SELECT c.start, p.person, p.replaced_by FROM chain c JOIN mpi_person p ON p.person = c.replaced_by
)
SELECT start, person FROM chain WHERE replaced_by IS NULL
"""

DROP: Final = """
UPDATE mpi_review SET state = 'obsolete', decided = $2, decided_by = 'hub' WHERE review = ANY($1::bigint[])
"""

REOPEN: Final = """
UPDATE mpi_review SET state = 'open', decided = NULL, decided_by = NULL WHERE review = ANY($1::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question as it stands: `person` is whose its record is now, `parted` are the records that it is kept
    apart from."""

    review: int
    kind: str
    record: int
    persons: list[int]
    reasons: str
    person: int
    merged: bool
    parted: list[int]


async def drop_answered(connection: Connection, persons: Collection[int], instant: datetime) -> None:
    """Withdraw the questions about these persons, or whoever they replaced, that nobody need answer now."""
    told = await _told(connection, WAITING_ABOUT, persons)
    answered = [each.review for each, stands in told if is_answered(each, stands)]
    if answered:
        await connection.execute(DROP, answered, instant)


async def ask_again(connection: Connection, persons: Collection[int], decided: datetime) -> None:
    """What a decision of that instant had answered is asked again, for it was taken back."""
    told = await _told(connection, ANSWERED_AT, persons, decided)
    left = {(each.record, each.kind, *each.persons): each.review for each, stands in told
            if not is_answered(each, stands)}  # fmt: skip
    if left:
        await connection.execute(REOPEN, list(left.values()))


async def standing(connection: Connection, persons: Collection[int]) -> dict[int, int]:
    """Each of these persons with the one that stands for it now."""
    return {row["start"]: row["person"] for row in await connection.fetch(STANDING, sorted(persons))}


def is_answered(asked: Waiting, stands: Mapping[int, int]) -> bool:
    """Whether all that it asks about is one person now, or parted by hand, or no longer so."""
    others = {stands[person] for person in asked.persons} - {asked.person}
    match asked.kind:
        case "ambiguous" | "merge-proposed":
            return all(_is_parted(asked, other, stands) for other in others)
        case "inconsistent":
            return asked.person not in {stands[each] for each in asked.persons}
        case "merge-conflict":
            return not asked.merged
        case _:
            return False


def _is_parted(asked: Waiting, other: int, stands: Mapping[int, int]) -> bool:
    """Whether somebody said of all that made the question about this person that they are somebody else."""
    reasons = msgspec.json.decode(asked.reasons, type=list[Finding])
    named = {each.record for each in reasons if stands.get(each.person, each.person) == other}
    return bool(named) and named <= set(asked.parted)


async def _told(
    connection: Connection, found: str, persons: Collection[int], *instant: datetime
) -> list[tuple[Waiting, Mapping[int, int]]]:
    family = [row["person"] for row in await connection.fetch(FAMILY, sorted(persons))]
    rows = await connection.fetch(found + AS_IT_STANDS, family, *instant)
    told = [Waiting(**dict(row)) for row in rows]
    about = {person for each in told for person in each.persons}
    stands = await standing(connection, about) if told else {}
    return [(each, stands) for each in told]
