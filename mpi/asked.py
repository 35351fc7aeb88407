"""Whether two persons are one is asked once, and again only when evidence has grown. Named SQL."""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from mpi.decide import Finding, strength
from mpi.ranking import rank
from mpi.rows import Connection

# What was asked about records that these persons have now, but for record $2, in whatever state it is.
ASKED: Final = """
SELECT q.record, l.person, q.persons, q.reasons::text AS reasons
FROM mpi_link l JOIN mpi_review q ON q.record = l.record
WHERE l.person = ANY($1::bigint[]) AND l.valid_to IS NULL AND l.recorded_to IS NULL
  AND q.record <> $2 AND q.kind = 'ambiguous' AND q.state <> 'obsolete'
"""


async def unasked(
    connection: Connection, person: int, others: Collection[int], findings: Sequence[Finding], record: int
) -> set[int]:
    """Of the others those that nobody was asked about beside the person, by another record than this one, on
    evidence as strong. What stands in the queue already is worth more now."""
    left = set(others)
    if not left:
        return left
    for row in await connection.fetch(ASKED, sorted({person, *left}), record):
        reasons = msgspec.json.decode(row["reasons"], type=list[Finding])
        whose = row["person"]
        known = {other for other in left if _as_strong(reasons, findings, whose, person, other)}
        if known:
            left -= known
            await rank(connection, "ambiguous", row["record"], row["persons"])
    return left


def _as_strong(then: Sequence[Finding], now: Sequence[Finding], whose: int, person: int, other: int) -> bool:
    """Whether a question about somebody's record was about these two, on evidence as strong."""
    about = {person: other, other: person}.get(whose)
    return about is not None and strength(then, about) >= strength(now, other) > 0
