"""What the hub believed about identities, and when: links, decisions, and any past state. Named SQL."""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument.

from dataclasses import dataclass
from datetime import datetime

from mpi.rows import Connection

# Every link of a record or of a person, current and past: two indexes know them.
OF_RECORD = """(
    SELECT * FROM mpi_link WHERE record = r.record AND valid_to IS NULL AND recorded_to IS NULL
    UNION ALL
    SELECT * FROM mpi_link WHERE record = r.record AND (valid_to IS NOT NULL OR recorded_to IS NOT NULL)
)"""
OF_PERSON = OF_RECORD.replace("record = r.record", "person = p.person")

# Whose records these were at $3, as the hub believed at $2.
RECORDS_AT = f"""
SELECT r.patient_id
FROM mpi_person p
CROSS JOIN LATERAL {OF_PERSON} l
JOIN mpi_record r ON r.record = l.record
WHERE p.enterprise_id = $1
  AND l.recorded_from <= $2 AND (l.recorded_to IS NULL OR l.recorded_to > $2)
  AND l.valid_from <= $3 AND (l.valid_to IS NULL OR l.valid_to > $3)
ORDER BY r.patient_id
"""

# Whose record it was at $3, as the hub believed at $2.
PERSON_AT = f"""
SELECT p.enterprise_id
FROM mpi_record r
CROSS JOIN LATERAL {OF_RECORD} l
JOIN mpi_person p ON p.person = l.person
WHERE r.patient_id = $1
  AND l.recorded_from <= $2 AND (l.recorded_to IS NULL OR l.recorded_to > $2)
  AND l.valid_from <= $3 AND (l.valid_to IS NULL OR l.valid_to > $3)
"""

# Every link that a patient, or an identity, ever had; what never held for a moment is left out.
LINKS = f"""
SELECT r.patient_id, p.enterprise_id, l.rule, l.model, l.match_weight, l.actor, l.reason, l.decision,
       l.valid_from, l.valid_to, l.recorded_from, l.recorded_to
FROM (
    SELECT l.* FROM mpi_record r CROSS JOIN LATERAL {OF_RECORD} l WHERE r.patient_id = $1
    UNION ALL
    SELECT l.* FROM mpi_person p CROSS JOIN LATERAL {OF_PERSON} l WHERE p.enterprise_id = $1
) l
JOIN mpi_record r ON r.record = l.record
JOIN mpi_person p ON p.person = l.person
WHERE (l.recorded_to IS NULL OR l.recorded_to > l.recorded_from)
ORDER BY l.recorded_from DESC, l.valid_from DESC, l.link DESC LIMIT $2
"""

# What was decided about a patient or an identity, the latest first.
DECISIONS = """
SELECT d.decision, d.kind, d.actor, d.confirmed_by, d.reason, d.decided, d.undone_by,
       p.enterprise_id AS person, o.enterprise_id AS origin,
       ARRAY(SELECT r.patient_id FROM mpi_record r WHERE r.record = ANY(d.records) ORDER BY 1) AS patients
FROM mpi_decision d
LEFT JOIN mpi_person p ON p.person = d.person
LEFT JOIN mpi_person o ON o.person = d.origin
WHERE d.person = (SELECT person FROM mpi_person WHERE enterprise_id = $1)
   OR d.origin = (SELECT person FROM mpi_person WHERE enterprise_id = $1)
   OR d.records && ARRAY(SELECT record FROM mpi_record WHERE patient_id = $1)
ORDER BY d.decision DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One belief: the patient was this person from `valid_from` to `valid_to`, the hub believed so from
    `recorded_from` to `recorded_to`."""

    patient_id: str
    enterprise_id: str
    rule: str
    model: str | None
    match_weight: float | None
    actor: str
    reason: str
    decision: int | None
    valid_from: datetime
    valid_to: datetime | None
    recorded_from: datetime
    recorded_to: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision of the log. `undone_by` is the decision that took it back."""

    decision: int
    kind: str
    actor: str
    confirmed_by: str | None
    reason: str
    decided: datetime
    undone_by: int | None
    person: str | None
    origin: str | None
    patients: list[str]


@dataclass(frozen=True, slots=True)
class State:
    """The patients of an identity then; none, if there was nobody of that name."""

    enterprise_id: str
    patients: list[str]
    at: datetime
    believed: datetime


async def records_at(
    connection: Connection, enterprise_id: str, believed: datetime, valid: datetime
) -> list[str]:
    """The patients that belonged to an identity at `valid`, as the hub believed at `believed`."""
    rows = await connection.fetch(RECORDS_AT, enterprise_id, believed, valid)
    return [row["patient_id"] for row in rows]


async def person_at(
    connection: Connection, patient_id: str, believed: datetime, valid: datetime
) -> str | None:
    """The identity that a patient had at `valid`, as the hub believed at `believed`."""
    found: str | None = await connection.fetchval(PERSON_AT, patient_id, believed, valid)
    return found


async def state_at(connection: Connection, id_: str, *, believed: datetime, valid: datetime) -> State:
    """Whose patient it was, or what the identity had, at `valid`, as the hub believed at `believed`."""
    person = await person_at(connection, id_, believed, valid) or id_
    return State(person, await records_at(connection, person, believed, valid), valid, believed)


async def links_of(connection: Connection, id_: str, most: int) -> list[LinkRow]:
    """The links of a patient or an identity, the latest belief first."""
    return [LinkRow(**dict(row)) for row in await connection.fetch(LINKS, id_, most)]


async def decisions_of(connection: Connection, id_: str, most: int) -> list[DecisionRow]:
    """The decisions about a patient or an identity."""
    return [DecisionRow(**dict(row)) for row in await connection.fetch(DECISIONS, id_, most)]
