"""A merge of two identities that one person proposed and another must confirm. Named SQL.

It waits in the queue of questions, as of the kind `merge-proposed`.
"""

import msgspec

from mpi.changes import ask
from mpi.correction import Decider, records_of
from mpi.decide import Finding
from mpi.rows import Connection

# The proposal about these two, if it waits for a second person.
WAITING = """
SELECT review, proposed_by, proposed->>'reason' AS reason FROM mpi_review
WHERE kind = 'merge-proposed' AND persons = $1::bigint[] AND state = 'proposed'
ORDER BY review DESC LIMIT 1 FOR UPDATE
"""

PROPOSE = """
UPDATE mpi_review SET state = 'proposed', proposed_by = $2, proposed = $3::jsonb
WHERE kind = 'merge-proposed' AND persons = $1::bigint[] AND state = 'open'
"""

CONFIRM = """
UPDATE mpi_review SET state = 'decided', decided = $2, decided_by = $3,
                      decision = '{"verdict": "same"}'::jsonb
WHERE review = $1
"""


async def propose(connection: Connection, one: int, other: int, by: Decider) -> None:
    """Put the merge of two persons before somebody else."""
    persons = sorted((one, other))
    mine, theirs = await records_of(connection, one), await records_of(connection, other)
    findings = [Finding(one, record, (), ()) for record in mine]
    await ask(connection, "merge-proposed", theirs[0], persons, findings, by.instant)
    told = msgspec.json.encode({"verdict": "same", "person": None, "reason": by.reason}).decode()
    await connection.execute(PROPOSE, persons, by.actor, told)


async def confirmed(connection: Connection, one: int, other: int, by: Decider) -> Decider | None:
    """Who proposed it and who confirms it, if somebody else than `by` had proposed it."""
    row = await connection.fetchrow(WAITING, sorted((one, other)))
    if row is None or row["proposed_by"] == by.actor:
        return None
    await connection.execute(CONFIRM, row["review"], by.instant, by.actor)
    return Decider(row["proposed_by"], row["reason"], by.instant, by.actor)
