"""Patients that the tests tell of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mpi.changes import Because
from mpi.enterprise_id import new_enterprise_id
from mpi.keys import patient_key
from mpi.merging import unmerge_record
from mpi.normalisation.citizen_id import check_character
from mpi.reach import spread
from mpi.removal import remove
from mpi.store import PATIENT_KEYS, Record, Resolution, enterprise_patients, merge, resolve
from terminology.naming import CITIZEN_ID, HEALTH_CARD, identify

BASE = "https://hub.example/fhir"
START = datetime(2026, 1, 1, 8, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def valid_id(birth_date: str = "1980-05-06", order: int = 101, division: str = "310101") -> str:
    body = f"{division}{birth_date.replace('-', '')}{order:03}"
    return body + check_character(body)


def patient(
    local_id: str = "1",
    *,
    hospital: str = "h1",
    name: str | None = "王伟",
    gender: str | None = "male",
    birth_date: str | None = "1980-05-06",
    citizen: str | None = None,
    card: str | None = None,
    **elements: Any,
) -> dict[str, Any]:
    identifiers = [{"system": f"{BASE}/sid/{hospital}/mrn", "value": local_id}]
    if citizen:
        identifiers.append({"system": CITIZEN_ID, "value": citizen})
    if card:
        identifiers.append({"system": HEALTH_CARD, "value": card})
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "id": f"{hospital}-{local_id}",
        "identifier": identifiers,
    }
    if name:
        made["name"] = [{"use": "official", "text": name}]
    if gender:
        made["gender"] = gender
    if birth_date:
        made["birthDate"] = birth_date
    return made | elements


def record(
    local_id: str = "1", *, hospital: str = "h1", replaced_by: str | None = None, **facts: Any
) -> Record:
    told = patient(local_id, hospital=hospital, **facts)
    return Record(hospital, local_id, told["id"], told, replaced_by)


async def tell(connection: Any, told: Record, minutes: int = 0) -> Resolution:
    async with connection.transaction():
        return await resolve(connection, told, at(minutes), identify)


async def keys_of(connection: Any, *patient_ids: str) -> set[Any]:
    sql = PATIENT_KEYS.format(keys="$1::uuid[]")
    rows = await connection.fetch(sql, [patient_key(patient_id) for patient_id in patient_ids])
    return {row["patient_key"] for row in rows}


def keys(*patient_ids: str) -> set[Any]:
    return {patient_key(patient_id) for patient_id in patient_ids}


LINKS = """
SELECT r.patient_id, p.enterprise_id
FROM mpi_link l JOIN mpi_record r USING (record) JOIN mpi_person p USING (person)
WHERE l.valid_to IS NULL AND l.recorded_to IS NULL
"""

QUESTIONS = """
SELECT q.kind, r.patient_id, q.state,
       ARRAY(SELECT enterprise_id FROM mpi_person WHERE person = ANY(q.persons) ORDER BY 1) AS persons
FROM mpi_review q JOIN mpi_record r USING (record) ORDER BY q.review
"""


async def unmerge(connection: Any, patient_id: str, minutes: int = 0) -> set[int]:
    async with connection.transaction():
        because = Because("manual", "somebody", "not the same")
        touched = await unmerge_record(connection, patient_id, because, at(minutes))
        await spread(connection, touched)
        return touched


async def combine(connection: Any, survivor: Record, loser: Record, minutes: int = 0) -> Resolution:
    async with connection.transaction():
        return await merge(connection, survivor, loser, at(minutes), identify)


async def take_away(connection: Any, patient_id: str, minutes: int = 0) -> set[str]:
    """The hospital removes its patient."""
    async with connection.transaction():
        return await remove(connection, patient_id, at(minutes), new_enterprise_id)


async def shown(connection: Any, *enterprise_ids: str) -> list[dict[str, Any]]:
    return await enterprise_patients(connection, enterprise_ids, BASE, identify)


async def links(connection: Any) -> dict[str, str]:
    return {row["patient_id"]: row["enterprise_id"] for row in await connection.fetch(LINKS)}


async def questions(connection: Any, state: str = "open") -> list[tuple[str, str, set[str]]]:
    return [
        (row["kind"], row["patient_id"], set(row["persons"]))
        for row in await connection.fetch(QUESTIONS)
        if row["state"] == state
    ]
