"""The questions that humans decide: ranked by how likely they are true times how many records they concern.

Named SQL; every function takes an open connection inside the caller's transaction and never commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from mpi.answered import standing
from mpi.decide import Finding
from mpi.rows import Connection

WAITING: Final = ("open", "proposed", "escalated", "skipped")
"""States of questions that nobody has answered."""
STATES: Final = (*WAITING, "decided", "obsolete")
FIRST: Final = (float("inf"), 0)
"""Before the first question of the queue."""

QUEUE = """
SELECT q.review, q.kind, q.state, q.priority, q.probability, q.match_weight, q.created, r.patient_id,
       q.proposed_by,
       ARRAY(SELECT p.enterprise_id FROM mpi_person p WHERE p.person = ANY(q.persons) ORDER BY p.person)
         AS persons
FROM mpi_review q JOIN mpi_record r USING (record)
WHERE q.state = ANY($1::text[]) AND (q.priority, -q.review) < ($2::float8, -$3::bigint)
ORDER BY q.priority DESC, q.review LIMIT $4
"""

QUESTION = """
SELECT q.review, q.kind, q.record, r.patient_id, q.persons, q.reasons::text AS reasons, q.state, q.priority,
       q.probability, q.match_weight, q.created, q.decided, q.decided_by, q.decision::text AS decision,
       q.proposed_by, q.proposed::text AS proposed,
       (SELECT l.person FROM mpi_link l WHERE l.record = q.record AND l.valid_to IS NULL
                                          AND l.recorded_to IS NULL) AS person
FROM mpi_review q JOIN mpi_record r USING (record)
WHERE q.review = $1
FOR UPDATE OF q
"""

COUNTS = "SELECT state, count(*) FROM mpi_review GROUP BY state ORDER BY state"


class UnknownReview(LookupError):
    """There is no such question."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A question as the queue lists it; `persons` are enterprise ids."""

    review: int
    kind: str
    state: str
    priority: float
    probability: float | None
    match_weight: float | None
    created: datetime
    patient_id: str
    proposed_by: str | None
    persons: list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its reasons. `person` is whose record it is now; `persons` stand for themselves."""

    review: int
    kind: str
    record: int
    patient_id: str
    persons: list[int]
    reasons: list[Finding]
    state: str
    priority: float
    probability: float | None
    match_weight: float | None
    created: datetime
    decided: datetime | None
    decided_by: str | None
    decision: dict[str, Any] | None
    proposed_by: str | None
    proposed: dict[str, Any] | None
    person: int

    @property
    def others(self) -> list[int]:
        """The persons in question beside the record's own."""
        return [person for person in self.persons if person != self.person]


async def queue(
    connection: Connection, states: Sequence[str], after: tuple[float, int], count: int
) -> list[Queued]:
    """Questions in these states, the most rewarding first, from after (priority, review)."""
    rows = await connection.fetch(QUEUE, list(states), *after, count)
    return [Queued(**dict(row)) for row in rows]


async def counts(connection: Connection) -> dict[str, int]:
    """How many questions are in each state."""
    return {row["state"]: row["count"] for row in await connection.fetch(COUNTS)}


async def question(connection: Connection, review: int) -> Question:
    """One question, locked until the transaction ends. Raises UnknownReview."""
    row = await connection.fetchrow(QUESTION, review)
    if row is None:
        raise UnknownReview(str(review))
    told = dict(row)
    for name in ("decision", "proposed"):
        told[name] = None if told[name] is None else msgspec.json.decode(told[name])
    told["reasons"] = msgspec.json.decode(told["reasons"], type=list[Finding])
    stands = await standing(connection, told["persons"])
    told["persons"] = sorted(set(stands.values()))
    return Question(**told)
