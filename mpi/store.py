"""The patient index as the hub uses it: whose record is this, what does the enterprise Patient look like,
and under which keys are a patient's resources.

Every function takes an open connection inside the caller's transaction (READ COMMITTED) and never commits.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mpi.blocking import blocking_keys
from mpi.changes import Content
from mpi.decide import Decision
from mpi.enterprise import (
    Person,
    Resource,
    Shown,
    elements_from_shown,
    patient_from_person,
    shown_from_patient,
)
from mpi.enterprise_id import new_enterprise_id
from mpi.first_visits import Arrival, first_visits
from mpi.lone import correct
from mpi.normalisation.demographics import (
    NORMALISATION,
    Identify,
    demographics_from_json,
    demographics_from_patient,
)
from mpi.normalisation.implied import implied
from mpi.reach import PATIENT_KEYS
from mpi.registration import merged
from mpi.revision import revise
from mpi.rows import Connection, Known, enterprise_ids, known, known_all, lock_around, lock_keys

__all__ = [
    "PATIENT_KEYS",
    "Record",
    "Resolution",
    "enterprise_patients",
    "lock",
    "merge",
    "resolve",
]

# Identities with what they replaced, by what they were replaced, and their records as the enterprise Patient
# shows them: a row for each record, one without a record for an identity that has none.
PERSONS = """
SELECT p.person, p.enterprise_id, s.enterprise_id AS replaced_by,
       ARRAY(SELECT o.enterprise_id FROM mpi_person o WHERE o.replaced_by = p.person) AS replaces,
       r.patient_id, r.merged_into IS NOT NULL AS merged, r.active, r.updated,
       r.shown, r.demographics::text AS demographics
FROM mpi_person p
LEFT JOIN mpi_person s ON s.person = p.replaced_by
LEFT JOIN LATERAL (
    SELECT record FROM mpi_link
    WHERE person = p.person AND valid_to IS NULL AND recorded_to IS NULL OFFSET 0
) l ON true
LEFT JOIN LATERAL (SELECT * FROM mpi_record WHERE record = l.record OFFSET 0) r ON true
WHERE p.enterprise_id = ANY($1::text[])
ORDER BY p.enterprise_id, l.record
"""


@dataclass(frozen=True, slots=True)
class Record:
    """A hospital's patient as a message or a client tells of it.

    `source` is the hospital, `local_id` its number, `patient_id` the FHIR id of its Patient. `replaced_by`
    is the FHIR id of the Patient that this one was merged into, if it was.
    """

    source: str
    local_id: str
    patient_id: str
    patient: Mapping[str, Any] = field(repr=False)
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whose record it is. `affected`: the enterprise ids whose Patient may look different now, sorted;
    none if nothing changed."""

    enterprise_id: str
    affected: tuple[str, ...]
    decision: Decision


async def resolve(
    connection: Connection,
    record: Record,
    instant: datetime,
    identify: Identify,
    new_id: Callable[[], str] = new_enterprise_id,
) -> Resolution:
    """Find or make the person of a hospital's patient, and note what the hospital says of it.

    `identify` is `terminology.naming.identify`.

    What is known already costs one query and no lock. Else the patient and its strong keys are locked until
    the transaction ends, so that two first visits of one resident cannot make two persons. A transaction
    that tells of several patients calls `lock` for all of them first; else two such may deadlock, which
    PostgreSQL ends with an error that the caller retries.
    """
    (resolution,) = await resolve_all(connection, (record,), instant, identify, new_id)
    return resolution


async def resolve_all(
    connection: Connection,
    records: Sequence[Record],
    instant: datetime,
    identify: Identify,
    new_id: Callable[[], str] = new_enterprise_id,
) -> list[Resolution]:
    """`resolve` for several patients, each told once, in order. First visits are decided together, and so are
    corrections that concern nobody else: a few statements however many there are."""
    stored = await known_all(connection, [record.patient_id for record in records])
    shown = [shown_from_patient(record.patient) for record in records]
    new = [at for at, each in enumerate(stored) if each is None and not _is_merged(records[at])]
    fresh = set(new)
    other = [
        at
        for at, each in enumerate(stored)
        if at not in fresh and (each is None or _says_something_new(each, records[at], shown[at]))
    ]
    contents = {at: content_of(records[at], shown[at], identify) for at in (*new, *other)}
    if other and len(contents) > 1:
        keys = {key for content in contents.values() for key in content.keys}
        await lock_around(connection, _patient_ids(records[at] for at in contents), keys)
    found = {at: _linked(each) for at, each in enumerate(stored) if each is not None}
    arrivals = await first_visits(connection, [contents[at] for at in new], instant, new_id) if new else []
    for at, arrival in zip(new, arrivals, strict=True):
        if arrival is None:
            other.append(at)
        else:
            found[at] = resolution(arrival)
    staying: dict[int, Arrival] = {}
    if len(other) > 1:
        revised = {at: contents[at] for at in other if not _is_merged(records[at])}
        staying = await correct(connection, revised, instant) if revised else {}
    found |= {at: resolution(arrival) for at, arrival in staying.items()}
    for at in other:
        if at not in staying:
            found[at] = await _told(connection, records[at], contents[at], instant, new_id)
    return [found[at] for at in range(len(records))]


def _linked(stored: Known) -> Resolution:
    """Of a record that stays where it is."""
    return Resolution(stored.enterprise_id, (), Decision("link", stored.rule, stored.person))


async def merge(
    connection: Connection,
    survivor: Record,
    loser: Record,
    instant: datetime,
    identify: Identify,
    new_id: Callable[[], str] = new_enterprise_id,
) -> Resolution:
    """A hospital merges two of its patients (A40); either may be unknown until now. Idempotent."""
    loser = replace(loser, replaced_by=survivor.patient_id)
    await lock(connection, (survivor, loser), identify)
    first = await resolve(connection, survivor, instant, identify, new_id)
    second = await resolve(connection, loser, instant, identify, new_id)
    return replace(second, affected=tuple(sorted({*first.affected, *second.affected})))


async def lock(connection: Connection, records: Iterable[Record], identify: Identify) -> None:
    """Take all locks on patients and keys that resolving these records needs, in the one order."""
    told = tuple(records)
    demographics = [implied(demographics_from_patient(record.patient, identify)) for record in told]
    keys = {key for facts in demographics for key in blocking_keys(facts)}
    await lock_keys(connection, _patient_ids(told), keys)


async def enterprise_patients(
    connection: Connection, enterprise_ids: Collection[str], base: str, identify: Identify
) -> list[Resource]:
    """The enterprise Patients of these ids, sorted by id; equal for equal state. Unknown ids are left out.

    `base` heads this deployment's own systems: `<base>/sid/enterprise-id`.
    """
    rows = await connection.fetch(PERSONS, sorted(set(enterprise_ids)))
    persons = {row["person"]: (row["enterprise_id"], row["replaced_by"], row["replaces"]) for row in rows}
    records: dict[int, list[Shown]] = {person: [] for person in persons}
    for row in rows:
        if row["patient_id"] is not None:
            facts = demographics_from_json(row["demographics"])
            told = (row["patient_id"], row["merged"], row["active"], row["updated"])
            records[row["person"]].append(Shown(*told, elements_from_shown(row["shown"]), facts))
    return [
        patient_from_person(Person(*told, records[person]), base, identify)
        for person, told in persons.items()
    ]


async def _told(
    connection: Connection,
    record: Record,
    content: Content,
    instant: datetime,
    new_id: Callable[[], str],
) -> Resolution:
    """Of a patient that is known, or merged: what is stored seen under its own locks."""
    if not _is_merged(record):
        arrival = await revise(connection, content, instant)
        if arrival is None:
            raise LookupError("only a known record can be revised")
        return resolution(arrival)
    await lock_keys(connection, _patient_ids((record,)), content.keys)
    stored = await known(connection, record.patient_id)  # somebody may have been before us
    if stored is not None and not _says_something_new(stored, record, content.shown):
        return _linked(stored)
    change = await merged(connection, content, record.replaced_by or "", instant, new_id)
    names = await enterprise_ids(connection, {change.person, *change.touched})
    affected = tuple(sorted(names[person] for person in change.touched))
    return Resolution(names[change.person], affected, change.decision)


def resolution(arrival: Arrival) -> Resolution:
    return Resolution(arrival.enterprise_id, tuple(sorted(arrival.affected)), arrival.decision)


def _says_something_new(stored: Known, record: Record, shown: bytes) -> bool:
    return (
        stored.shown != shown
        or stored.active != is_active(record)
        or stored.normalisation != NORMALISATION
        or record.replaced_by not in (None, stored.survivor, record.patient_id)
    )


def content_of(record: Record, shown: bytes, identify: Identify) -> Content:
    """What the index holds of a patient. `shown`: what `shown_from_patient` makes of it."""
    demographics = implied(demographics_from_patient(record.patient, identify))
    keys = blocking_keys(demographics)
    return Content(
        record.patient_id, record.source, record.local_id, demographics, shown, is_active(record), keys
    )


def _is_merged(record: Record) -> bool:
    return record.replaced_by not in (None, record.patient_id)


def is_active(record: Record) -> bool:
    return record.patient.get("active") is not False


def _patient_ids(records: Iterable[Record]) -> list[str]:
    told = tuple(records)
    return [record.patient_id for record in told] + [
        record.replaced_by for record in told if record.replaced_by is not None
    ]
