"""Patients that a hospital writes become known to the patient index in the transaction that writes them.

https://profiles.ihe.net/ITI/PIXm/ITI-104.html

The hospital's Patient is kept as sent; enterprise Patients that look different then are written beside
it. Nobody but the hub writes an enterprise Patient, a Patient that is linked is removed by its own hospital
only, and a client that is bound to a hospital writes that hospital's Patients only, with numbers that it may
give.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from exchange.crossref import identities, note_domains
from exchange.hub import Hub
from exchange.outcome import FhirError
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.transact import Written, transact
from mpi.store import Record, enterprise_patients, resolve_all

Resource = dict[str, Any]

# What the index knows of Patients: their hospital, or NULL for an enterprise Patient.
KNOWN: Final = """
SELECT patient_id AS id, source FROM mpi_record WHERE patient_id = ANY($1::text[])
UNION ALL
SELECT enterprise_id, NULL FROM mpi_person WHERE enterprise_id = ANY($1::text[])"""

# A hospital's Patient that is linked.
LINKED: Final = "SELECT source, local_id FROM mpi_record WHERE patient_id = $1"


async def store(
    hub: Hub,
    connection: Connection,
    hospital: str | None,
    writes: Sequence[Write],
    patients: Iterable[Resource],
    instant: datetime,
) -> list[Written]:
    """`transact` with what follows for identity. `patients` are the Patients among the writes; one is linked
    if its hospital is known, from the index or because the caller is that hospital's. Raises FhirError for
    what only the hub may write or delete."""
    return await store_several(
        hub, connection, writes, [(patient, hospital) for patient in patients], instant
    )


async def store_several(
    hub: Hub,
    connection: Connection,
    writes: Sequence[Write],
    patients: Iterable[tuple[Resource, str | None]],
    instant: datetime,
) -> list[Written]:
    """The same for several callers: each Patient with its caller's hospital."""
    sources = await _sources(connection, writes)
    records = []
    for patient, hospital in patients:
        source = sources.get(patient["id"], hospital)
        if hospital is not None:
            require_own(hub, hospital, patient, source)
        if source:
            records.append(record_of(patient, source, await _survivor(hub, connection, patient)))
    await _require_own_survivors(connection, records)
    beside = await enterprise_writes(hub, connection, records)
    return (await transact(connection, [*writes, *beside], instant))[: len(writes)]


async def remove(
    hub: Hub, connection: Connection, hospital: str | None, patient_id: str, instant: datetime
) -> Written:
    """Deletes a hospital's Patient for it (Remove Patient): its record tells nothing any more, so nobody is
    found by it. What was believed of it stays in the index: if its hospital tells of it again, it is known.
    Raises FhirError for a Patient that is linked and not the caller's."""
    deletion = Write("delete", "Patient", patient_id)
    linked = await connection.fetchrow(LINKED, patient_id)
    if linked is None or hospital is None:
        (written,) = await store(hub, connection, hospital, [deletion], (), instant)
        return written
    emptied = {"resourceType": "Patient", "id": patient_id, "active": False}
    require_own(hub, hospital, emptied, linked["source"])
    record = Record(linked["source"], linked["local_id"], patient_id, emptied)
    beside = await enterprise_writes(hub, connection, [record])
    return (await transact(connection, [deletion, *beside], instant))[0]


def patients(resources: Iterable[Resource]) -> list[Resource]:
    """The Patients among them."""
    return [resource for resource in resources if resource.get("resourceType") == "Patient"]


async def enterprise_writes(hub: Hub, connection: Connection, records: Sequence[Record]) -> list[Write]:
    """Links the hospital's patients to persons; the enterprise Patients that look different now."""
    latest = {record.patient_id: record for record in records}
    await note_domains(hub, connection, (record.patient for record in latest.values()))
    resolutions = await resolve_all(connection, list(latest.values()), hub.clock(), hub.domains.identify)
    affected = {name for resolution in resolutions for name in resolution.affected}
    if not affected:
        return []
    patients = await enterprise_patients(connection, affected, hub.settings.base, hub.domains.identify)
    return [hub.write_own("update", patient) for patient in patients]


def require_own(hub: Hub, hospital: str, patient: Resource, source: str | None) -> None:
    """Raises FhirError unless a client of the hospital may tell of the Patient."""
    if source is not None and source != hospital:
        raise FhirError("forbidden", f"Patient/{patient['id']} is another hospital's", "Patient.id")
    if refusal := hub.domains.refusal(patient, (hospital,)):
        raise FhirError("rule", *refusal)


def record_of(patient: Resource, hospital: str, survivor: str | None = None) -> Record:
    """The index's view of a hospital's Patient; its first identifier is its local number. `survivor` is whom
    its link names by an identifier."""
    values = [identifier.get("value", "") for identifier in patient.get("identifier", [])]
    return Record(
        source=hospital,
        local_id=values[0] if values else patient["id"],
        patient_id=patient["id"],
        patient=patient,
        replaced_by=survivor or _replaced_by(patient),
    )


def _replaced_by(patient: Resource) -> str | None:
    for link in patient.get("link", []):
        if link.get("type") == "replaced-by":
            reference: str = link.get("other", {}).get("reference", "")
            return reference.removeprefix("Patient/") or None
    return None


async def _survivor(hub: Hub, connection: Connection, patient: Resource) -> str | None:
    """Whom a link of type replaced-by names by an identifier."""
    for number, link in enumerate(patient.get("link", [])):
        other = link.get("other", {})
        if link.get("type") == "replaced-by" and "reference" not in other and "identifier" in other:
            identifier = other["identifier"]
            asked = (identifier.get("system", ""), identifier.get("value", ""))
            found = await identities(hub, connection, [asked])
            others = {id_ for each in found for id_ in each.by if id_ != each.id} - {patient["id"]}
            if len(others) != 1:
                raise FhirError(
                    "rule",
                    "The identifier names no one Patient that could stand for this",
                    f"Patient.link[{number}].other.identifier",
                )
            return others.pop()
    return None


async def _require_own_survivors(connection: Connection, records: Sequence[Record]) -> None:
    """A hospital merges its own Patients, one into another; raises FhirError for anything else."""
    merged = [record for record in records if record.replaced_by is not None]
    if not merged:
        return
    rows = await connection.fetch(KNOWN, [record.replaced_by for record in merged])
    sources = {row["id"]: row["source"] for row in rows}
    for record in merged:
        survivor = record.replaced_by or ""
        if survivor == record.patient_id:
            refusal = "A Patient cannot be replaced by itself"
        elif sources.get(survivor, record.source) != record.source:
            refusal = "Only another Patient of the same hospital can stand for this one"
        else:
            continue
        links = [link.get("type") for link in record.patient.get("link", ())]
        raise FhirError("rule", refusal, f"Patient.link[{links.index('replaced-by')}].other")


async def _sources(connection: Connection, writes: Iterable[Write]) -> dict[str, str]:
    """The hospitals of the linked Patients among those to be written."""
    actions = {write.id: write.action for write in writes if write.type == "Patient"}
    known = await connection.fetch(KNOWN, list(actions)) if actions else []
    for row in known:
        if row["source"] is None or actions[row["id"]] == "delete":
            raise FhirError("rule", f"Patient/{row['id']} is kept by the hub's patient index", "Patient.id")
    return {row["id"]: row["source"] for row in known}
