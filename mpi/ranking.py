"""What a question is worth: how likely it is true, times how many records it concerns. Named SQL."""

from collections.abc import Collection

from mpi.explain import probability, strongest
from mpi.models import active_scale
from mpi.normalisation.demographics import demographics_from_json
from mpi.rows import Connection

# The record in question ($1) and the records of the persons, with who they belong to. Two ways that each
# have an index: an OR across two tables would read them whole.
CONCERNED = """
SELECT c.record, c.person, r.demographics::text AS demographics
FROM (
    SELECT record, person FROM mpi_link
    WHERE record = $1 AND valid_to IS NULL AND recorded_to IS NULL
    UNION
    (SELECT record, person FROM mpi_link
     WHERE person = ANY($2::bigint[]) AND valid_to IS NULL AND recorded_to IS NULL LIMIT 200)
) c
CROSS JOIN LATERAL (SELECT demographics FROM mpi_record WHERE record = c.record OFFSET 0) r
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
    _, by = await active_scale(connection)
    bits = strongest(facts[record], others, by) if record in facts else None
    sure = probability(bits) if bits is not None else 0.0
    priority = sure * len(rows)
    await connection.execute(RANK, kind, record, sorted(set(persons)), bits, sure, priority)
