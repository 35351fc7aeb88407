"""From an envelope to what must be written: translation, merge with what is stored, index rows. Pure.

The stored versions are read before; each write says which version it builds on, so that one which somebody
overtook is noticed and done again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.merge import merged

from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Entry, Translation
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.envelope import Envelope
from exchange.inbound.findings import resource_faults, translation_faults
from exchange.inbound.provenance import provenance
from exchange.outcome import FhirError
from exchange.store.batch import Write
from exchange.store.fetch import Stored
from mpi.store import Record

Resource = dict[str, Any]
Reference = tuple[str, str]
Translate = Callable[[Message, Hospital, datetime], Translation]


@dataclass(frozen=True, slots=True)
class Work:
    """A translated message. `patients` are the ids of the Patients that it tells of: two messages that share
    one are processed in the order they came. No `translation`, or `faults`: nothing is to be stored."""

    id: int
    received: datetime
    envelope: Envelope
    translation: Translation | None
    faults: tuple[Fault, ...]
    patients: frozenset[str]

    @property
    def references(self) -> list[Reference]:
        """The resources it writes."""
        if self.translation is None or self.faults:
            return []
        return [_reference(entry) for entry in self.translation.entries]


@dataclass(slots=True)
class Plan:
    """What several messages together write. `rejected`: which of them cannot be stored, and why."""

    current: dict[Reference, tuple[Resource | None, int | None]] = field(default_factory=dict)
    writes: dict[Reference, Write] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    rejected: dict[int, list[Fault]] = field(default_factory=dict)


def work_from_envelope(id_: int, received: datetime, envelope: Envelope, translate: Translate) -> Work:
    """Translates. Never raises for what is in the message; what `translate` raises is its own fault."""
    if envelope.message is None or envelope.faults:
        return Work(id_, received, envelope, None, tuple(envelope.faults), frozenset())
    translation = translate(envelope.message, envelope.hospital, received)
    faults = tuple(translation_faults(translation.issues))
    patients = (_reference(entry) for entry in translation.entries)
    ids = frozenset(id_ for type_, id_ in patients if type_ == "Patient")
    return Work(id_, received, envelope, translation, faults, ids)


def plan_from_stored(stored: Mapping[Reference, Stored | None]) -> Plan:
    """A plan that builds on the stored versions."""
    plan = Plan()
    for reference, found in stored.items():
        if found is None or found.body is None:
            plan.current[reference] = None, None if found is None else found.version
        else:
            plan.current[reference] = loads(found.body), found.version
    return plan


def add(plan: Plan, work: Work, hub: Hub) -> None:
    """Adds one message's writes to the plan, or none of them if one of its resources may not be stored."""
    assert work.translation is not None
    resources: dict[Reference, Resource] = {}
    for entry in work.translation.entries:
        reference = _reference(entry)
        before = resources.get(reference, plan.current[reference][0])
        resources[reference] = merged(before, entry)
    base = hub.settings.base
    made = provenance(work.envelope, work.received, list(resources), base)
    try:
        writes = {
            reference: _write(hub, resource, plan.current[reference])
            for reference, resource in resources.items()
            if resource != plan.current[reference][0]
        }
        writes["Provenance", made["id"]] = hub.write("update", made)
    except FhirError as error:
        plan.rejected[work.id] = resource_faults(error.issues)
        return
    plan.writes |= writes
    for reference, resource in resources.items():
        plan.current[reference] = resource, plan.current[reference][1]
        if reference[0] == "Patient":
            plan.records.append(_record(resource, work.envelope.hospital))


def _write(hub: Hub, resource: Resource, current: tuple[Resource | None, int | None]) -> Write:
    before, version = current
    if version is None:
        return hub.write("create", resource)
    return hub.write("update", resource, version if before is not None else None)


def _record(patient: Resource, hospital: Hospital) -> Record:
    values = [identifier.get("value", "") for identifier in patient.get("identifier", [])]
    return Record(
        source=hospital.id,
        local_id=values[0] if values else patient["id"],
        patient_id=patient["id"],
        patient=patient,
        replaced_by=_replaced_by(patient),
    )


def _replaced_by(patient: Resource) -> str | None:
    for link in patient.get("link", []):
        if link.get("type") == "replaced-by":
            reference: str = link.get("other", {}).get("reference", "")
            return reference.removeprefix("Patient/") or None
    return None


def _reference(entry: Entry) -> Reference:
    return entry.resource["resourceType"], entry.resource["id"]
