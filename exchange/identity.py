"""Patients that a hospital writes become known to the patient index in the transaction that writes them.

https://profiles.ihe.net/ITI/PIXm/ITI-104.html

The hospital's Patient is kept as sent; enterprise Patients that look different then are written beside
it. Nobody but the hub writes an enterprise Patient, a Patient that is linked is removed by its own hospital
only (Remove Patient), and a client that is bound to a hospital writes that hospital's Patients only, with
numbers that it may give. What its hospital merged stands for itself again by `$unmerge` only.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from exchange.crossref import identities, note_domains
from exchange.hub import Hub
from exchange.outcome import FhirError
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.transact import Written, transact
from mpi.enterprise_id import new_enterprise_id
from mpi.removal import remove
from mpi.store import Record, enterprise_patients, resolve_all

Resource = dict[str, Any]

# What the index knows of Patients: their hospital, or NULL for an enterprise Patient.
KNOWN: Final = """
SELECT patient_id AS id, source, local_id, merged_into IS NOT NULL AS merged
FROM mpi_record WHERE patient_id = ANY($1::text[])
UNION ALL
SELECT enterprise_id, NULL, NULL, false FROM mpi_person WHERE enterprise_id = ANY($1::text[])"""


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
    told = [(patient, hospital) for patient in patients]
    return await store_several(hub, connection, [(write, hospital) for write in writes], told, instant)


async def store_several(
    hub: Hub,
    connection: Connection,
    writes: Sequence[tuple[Write, str | None]],
    patients: Iterable[tuple[Resource, str | None]],
    instant: datetime,
) -> list[Written]:
    """The same for several callers: each write and each Patient with its caller's hospital."""
    known = await _known(connection, [write for write, _ in writes])
    removed = [
        _removed(known[write.id], hospital)
        for write, hospital in writes
        if write.type == "Patient" and write.action == "delete" and write.id in known
    ]
    records = []
    for patient, hospital in patients:
        stored = known.get(patient["id"])
        source = stored["source"] if stored is not None else hospital
        if hospital is not None:
            require_own(hub, hospital, patient, source)
        if source:
            records.append(record_of(patient, source, await _survivor(hub, connection, patient)))
            _require_still_merged(records[-1], stored)
    await _require_own_survivors(connection, records)
    beside = await enterprise_writes(hub, connection, records, removed)
    return (await transact(connection, [*(write for write, _ in writes), *beside], instant))[: len(writes)]


def patients(resources: Iterable[Resource]) -> list[Resource]:
    """The Patients among them."""
    return [resource for resource in resources if resource.get("resourceType") == "Patient"]


async def enterprise_writes(
    hub: Hub, connection: Connection, records: Sequence[Record], removed: Sequence[Record] = ()
) -> list[Write]:
    """Links the hospital's patients to persons, and ends the links of those that it removed; the enterprise
    Patients that look different now."""
    latest = {record.patient_id: record for record in (*records, *removed)}
    await note_domains(hub, connection, (record.patient for record in latest.values()))
    resolutions = await resolve_all(connection, list(latest.values()), hub.clock(), hub.domains.identify)
    affected = {name for resolution in resolutions for name in resolution.affected}
    for record in removed:
        affected |= await remove(connection, record.patient_id, hub.clock(), new_enterprise_id)
    if not affected:
        return []
    patients = await enterprise_patients(connection, affected, hub.settings.base, hub.domains.identify)
    return [hub.write_own("update", patient) for patient in patients]


def require_own(hub: Hub, hospital: str, patient: Resource, source: str | None) -> None:
    """Raises FhirError unless a client of the hospital may tell of the Patient."""
    if source is not None and source != hospital:
        raise _another_hospitals(patient["id"])
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
        if link.get("type") == "replaced-by" and "reference" not in other:
            identifier = other.get("identifier", {})
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


def _removed(known: asyncpg.Record, hospital: str | None) -> Record:
    """What is left of a Patient that its hospital deletes: it tells nothing any more. If its hospital tells
    of it again, it is known."""
    if hospital is None:
        raise FhirError("rule", f"Patient/{known['id']} is kept by the hub's patient index", "Patient.id")
    if known["source"] != hospital:
        raise _another_hospitals(known["id"])
    emptied = {"resourceType": "Patient", "id": known["id"], "active": False}
    return Record(known["source"], known["local_id"], known["id"], emptied)


def _require_still_merged(record: Record, known: asyncpg.Record | None) -> None:
    """A Patient that was merged is not unmerged by what is told without its link."""
    if known is not None and known["merged"] and record.replaced_by is None:
        told = f"Patient/{record.patient_id} is merged into another: say so (replaced-by), or use $unmerge"
        raise FhirError("method", told, "Patient.link")


def _another_hospitals(id_: str) -> FhirError:
    return FhirError("forbidden", f"Patient/{id_} is another hospital's", "Patient.id")


async def _known(connection: Connection, writes: Iterable[Write]) -> dict[str, asyncpg.Record]:
    """The linked Patients among those to be written. Raises FhirError for an enterprise Patient."""
    ids = [write.id for write in writes if write.type == "Patient"]
    known = await connection.fetch(KNOWN, ids) if ids else []
    for row in known:
        if row["source"] is None:
            raise FhirError("rule", f"Patient/{row['id']} is kept by the hub's patient index", "Patient.id")
    return {row["id"]: row for row in known}
