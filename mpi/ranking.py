"""What a question is worth: how likely it is true, times how many records it concerns. Named SQL."""

from collections.abc import Collection

from mpi.demographics import demographics_from_json
from mpi.explain import probability, strongest
from mpi.rows import Connection

# The record in question ($1) and the records of the persons, with who they belong to.
CONCERNED = """
SELECT r.record, l.person, r.demographics::text AS demographics
FROM mpi_record r
JOIN mpi_link l ON l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
WHERE r.record = $1 OR l.person = ANY($2::bigint[])
LIMIT 200
"""

RANK = """
UPDATE mpi_review SET match_weight = $4, probability = $5, priority = $6
WHERE kind = $1 AND record = $2 AND persons = $3::bigint[] AND state = 'open'
"""


async def rank(connection: Connection, kind: str, record: int, persons: Collection[int]) -> None:
    """Weigh a question that was just asked."""
    rows = await connection.fetch(CONCERNED, record, sorted(persons))
    facts = {row["record"]: demographics_from_json(row["demographics"]) for row in rows}
    own = {row["person"] for row in rows if row["record"] == record}
    others = [facts[row["record"]] for row in rows if row["person"] not in own]
    others = others or [known for number, known in facts.items() if number != record]
    bits = strongest(facts[record], others) if record in facts else None
    sure = probability(bits) if bits is not None else 0.0
    priority = sure * len(rows)
    await connection.execute(RANK, kind, record, sorted(set(persons)), bits, sure, priority)
