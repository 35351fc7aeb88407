"""Whether two persons are one is asked once, by one record. When that question is withdrawn, for what its
record says now raises it no more, the other records of the person that would have asked do. Named SQL.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from mpi.answered import standing
from mpi.asked import unasked
from mpi.changes import ask
from mpi.decide import Member, decide
from mpi.rows import Connection, clusters
from mpi.weigh import Scale

# Whom the waiting questions of a record are about.
ABOUT: Final = """
SELECT DISTINCT unnest(persons) AS person FROM mpi_review
WHERE record = $1 AND kind = 'ambiguous' AND state NOT IN ('decided', 'obsolete')
"""

# A person of more records has others that ask.
_MOST: Final = 50


async def asked_by(connection: Connection, record: int, person: int) -> set[int]:
    """The persons that the record's questions are about, beside its own."""
    told = [row["person"] for row in await connection.fetch(ABOUT, record)]
    return set((await standing(connection, told)).values()) - {person} if told else set()


async def ask_instead(
    connection: Connection,
    person: int,
    members: Sequence[Member],
    others: Collection[int],
    by: Scale,
    instant: datetime,
) -> None:
    """Let these records of the person ask about the others, as far as nobody does any more."""
    left = set(others)
    for member in members[:_MOST]:
        if not left:
            return
        if member.merged or member.settled:
            continue
        around = await clusters(connection, left, member.record)
        decision = decide(member.demographics, around, by)
        found = [decision.person] if decision.person is not None else []
        named = {*decision.review, *decision.taken, *found} & left
        fresh = await unasked(connection, person, named, decision.findings, member.record)
        if fresh:
            await ask(connection, "ambiguous", member.record, fresh | {person}, decision.findings, instant)
        left -= named
