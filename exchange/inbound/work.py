"""From an envelope to what must be written: translation, merge with what is stored, index rows. Pure.

The stored versions are read before; each write says which version it builds on, so that one which somebody
overtook is noticed and done again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from adapters.translation import Entry, Translation
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.identity import record_of
from exchange.inbound.domain_rule import unknown_in_merges
from exchange.inbound.envelope import Envelope
from exchange.inbound.event_time import event_time
from exchange.inbound.findings import resource_faults, translation_faults
from exchange.inbound.late import Chain, placed, told
from exchange.inbound.place import Place, place_of
from exchange.inbound.provenance import provenance
from exchange.inbound.sent import Sent
from exchange.inbound.texts import Texts
from exchange.inbound.unchanged import Unchanged, saying_of
from exchange.local_codes.rewriting import sighting_of
from exchange.local_codes.sighting import Sighting
from exchange.outcome import FhirError
from exchange.store.batch import Write, rendered
from exchange.store.fetch import Stored
from mpi.declared import Declaration
from mpi.store import Record

Resource = dict[str, Any]
Reference = tuple[str, str]
Translate = Callable[[Message | Sent, Hospital, datetime], Translation]
_DECLARATIONS: Mapping[str, Declaration] = {"ADT^A24": "same", "ADT^A37": "different"}
# What messages about different patients tell of, each a little.
SHARED: Final = frozenset(
    (
        *("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService"),
        *("Medication", "CodeSystem", "ValueSet", "ChargeItemDefinition", "PlanDefinition"),
    )
)


@dataclass(frozen=True, slots=True)
class Work:
    """A translated message. `patients` are the ids of the Patients that it tells of: two messages that share
    one are processed in the order they came. `place` is where it stands among all that tell of the same. No
    `translation`, or `faults`: nothing is to be stored."""

    id: int
    received: datetime
    envelope: Envelope
    translation: Translation | None
    faults: tuple[Fault, ...]
    patients: frozenset[str]
    place: Place = b""

    @property
    def references(self) -> list[Reference]:
        """The resources it writes."""
        if self.translation is None or self.faults:
            return []
        return [_reference(entry) for entry in self.translation.entries]


@dataclass(frozen=True, slots=True)
class Declared:
    """Two Patients of a hospital that it says are one person (A24), or are not (A37)."""

    one: str
    other: str
    declaration: Declaration
    hospital: str


@dataclass(frozen=True, slots=True)
class Lateness:
    """What is known of a message that came late: the numbers of later ones in the inbox, the resources that
    they tell of too, and whether one of them declares anew who is one person."""

    later: frozenset[int]
    chains: Mapping[Reference, Chain]
    is_redeclared: bool = False


@dataclass(slots=True)
class Plan:
    """What several messages together write. `rejected`: which of them cannot be stored, and why; `late`: what
    is known of those that came late; `asides`: versions that are superseded at once; `changed`: what each
    message changes."""

    stored: Mapping[Reference, Stored | None]
    current: dict[Reference, Resource | None]
    late: Mapping[int, Lateness] = field(default_factory=dict)
    asides: dict[Reference, tuple[int, Write]] = field(default_factory=dict)
    changed: dict[int, frozenset[Reference]] = field(default_factory=dict)
    writes: dict[Reference, Write] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    rejected: dict[int, list[Fault]] = field(default_factory=dict)
    sightings: list[Sighting] = field(default_factory=list)
    unchanged: Unchanged = field(default_factory=Unchanged)


class Current(dict[Reference, Resource | None]):
    """What is stored, read when it is asked for."""

    def __init__(self, stored: Mapping[Reference, Stored | None]) -> None:
        super().__init__()
        self._stored = stored

    def __missing__(self, reference: Reference) -> Resource | None:
        stored = self._stored[reference]
        read = self[reference] = loads(stored.body) if stored and stored.body else None
        return read


def work_from_envelope(id_: int, received: datetime, envelope: Envelope, translate: Translate) -> Work:
    """Translates. Never raises for what is in the message; what `translate` raises is its own fault."""
    if envelope.message is None or envelope.faults:
        return Work(id_, received, envelope, None, tuple(envelope.faults), frozenset())
    translation = translate(envelope.message, envelope.hospital, received)
    faults = tuple(translation_faults(translation.issues, envelope.message))
    patients = (_reference(entry) for entry in translation.entries)
    ids = frozenset(id_ for type_, id_ in patients if type_ == "Patient")
    place = place_of(envelope, received, id_)
    return Work(id_, received, envelope, translation, faults, ids, place)


def plan_from_stored(
    stored: Mapping[Reference, Stored | None],
    late: Mapping[int, Lateness] | None = None,
    unchanged: Unchanged | None = None,
) -> Plan:
    """A plan that builds on the stored versions; `unchanged` is what is known of them."""
    return Plan(stored, Current(stored), late or {}, unchanged=unchanged or Unchanged())


def add(plan: Plan, work: Work, hub: Hub) -> None:
    """Adds one message's writes to the plan, or none of them if one of its resources may not be stored."""
    assert work.translation is not None
    if faults := unknown_in_merges(hub.domains, work.translation.entries, plan.current):
        plan.rejected[work.id] = faults
        return
    sightings: list[Sighting] = []
    texts = Texts()
    said = said_by(work, hub, sightings, texts)
    resources, then = _resources(plan, work, said, texts)
    made = provenance(work.envelope, work.received, list(said), hub.settings.base)
    try:
        asides = {
            reference: _write(hub, resource, plan.stored[reference], texts)
            for reference, resource in then.items()
        }
        writes = {
            reference: _write(hub, resource, plan.stored[reference], texts, int(reference in then))
            for reference, resource in resources.items()
            if reference in then or not _is_current(plan, reference, resource, texts)
        }
        writes["Provenance", made["id"]] = hub.write_own("update", made)
    except FhirError as error:
        plan.rejected[work.id] = resource_faults(error.issues)
        return
    if work.id not in plan.late:
        for reference in resources.keys() - writes.keys() - plan.writes.keys():
            plan.unchanged.note(saying_of(reference, said[reference], plan.stored[reference], texts))
    plan.sightings += sightings
    plan.asides |= {reference: (work.id, write) for reference, write in asides.items()}
    plan.changed[work.id] = frozenset(writes) & frozenset(resources)
    plan.writes |= writes
    plan.current |= resources
    patients = (resource for (type_, _), resource in resources.items() if type_ == "Patient")
    plan.records += [record_of(patient, work.envelope.hospital.id) for patient in patients]
    plan.declared += _declared(plan, work)


def said_by(work: Work, hub: Hub, sightings: list[Sighting], texts: Texts) -> dict[Reference, list[Entry]]:
    """What a message says of each resource; adds to `sightings`."""
    said: dict[Reference, list[Entry]] = {}
    for entry in _rewritten(work, hub, sightings, texts):
        said.setdefault(_reference(entry), []).append(entry)
    return said


def _resources(
    plan: Plan, work: Work, said: Mapping[Reference, Sequence[Entry]], texts: Texts
) -> tuple[dict[Reference, Resource], dict[Reference, Resource]]:
    """What the resources are with the message, and of a late one what they were at its time; without those
    that are known to stay as they are stored."""
    now: dict[Reference, Resource] = {}
    then: dict[Reference, Resource] = {}
    lateness = plan.late.get(work.id)
    for reference, entries in said.items():
        chain = lateness.chains.get(reference) if lateness is not None else None
        if chain is None:
            stored = plan.stored[reference] if reference not in plan.writes else None
            if plan.unchanged.knows(saying_of(reference, entries, stored, texts)):
                continue
            now[reference] = told(plan.current[reference], entries) or {}
            continue
        put = placed(plan.current[reference], entries, chain)
        now[reference] = put.now
        if put.then is not None and reference not in plan.writes:
            then[reference] = put.then
    return now, then


def is_declaration(work: Work) -> bool:
    """Whether it says of patients that they are one person, or not."""
    return work.envelope.message_type in _DECLARATIONS


def _declared(plan: Plan, work: Work) -> list[Declared]:
    declaration = _DECLARATIONS.get(work.envelope.message_type)
    assert work.translation is not None
    if work.id in plan.late and plan.late[work.id].is_redeclared:
        return []
    told = [_reference(entry) for entry in work.translation.entries]
    ids = list(dict.fromkeys(id_ for type_, id_ in told if type_ == "Patient"))
    if declaration is None or len(ids) < 2:
        return []
    return [Declared(ids[0], other, declaration, work.envelope.hospital.id) for other in ids[1:]]


def _rewritten(work: Work, hub: Hub, sightings: list[Sighting], texts: Texts) -> Iterator[Entry]:
    """What the message says, with the standard's codes beside the hospital's own; adds to `sightings`."""
    assert work.translation is not None
    when: datetime | None = None
    for entry in work.translation.entries:
        if not hub.local_codes.may_stand_in(texts.readable(entry.resource)):
            yield entry
            continue
        when = when or _when(work)
        rewritten = hub.local_codes.rewritten(entry.resource, when)
        example = "/".join(_reference(entry))
        sightings += (sighting_of(met, example, work.received) for met in rewritten.met)
        yield entry if rewritten.resource is entry.resource else replace(entry, resource=rewritten.resource)


def _when(work: Work) -> datetime:
    """When that happened of which the message tells."""
    message, hospital = work.envelope.message, work.envelope.hospital
    return event_time(message, hospital, work.received) if isinstance(message, Message) else work.received


def _is_current(plan: Plan, reference: Reference, resource: Resource, texts: Texts) -> bool:
    """Is the resource, byte for byte, what is stored or about to be?"""
    planned, stored = plan.writes.get(reference), plan.stored[reference]
    if planned is not None:
        return (planned.head, planned.tail) == texts.split(resource)
    if stored is None:
        return False
    write = Write("update", *reference, *texts.split(resource))
    return rendered(write, stored.version, stored.updated) == stored.body


def _write(hub: Hub, resource: Resource, stored: Stored | None, texts: Texts, follows: int = 0) -> Write:
    """A write that fails if somebody else wrote the resource after it was read; `follows` so many of ours."""
    rest = texts.rest(resource)
    if stored is None:
        return hub.write("create", resource, rest=rest)
    return hub.write("update", resource, stored.version + follows if stored.body is not None else None, rest)


def _reference(entry: Entry) -> Reference:
    return entry.resource["resourceType"], entry.resource["id"]
