"""The enterprise Patient: one view of a person over the records of all hospitals. Pure and deterministic.

https://hl7.org/fhir/R4/patient.html#linking. It links to the hospitals' Patients as `seealso`: both are in
use and neither is the main source (`refer` would say that the hospital's is). An identity that was given up
is inactive and names the one that stands for it as `replaced-by`; that one names it as `replaces`. So is one
all of whose records are inactive or removed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from mpi.normalisation.demographics import Card, Demographics, Identify, shared_identifier

Resource = dict[str, Any]

# What is kept of a hospital's Patient as it was sent: what matching reads and the enterprise Patient shows.
_SHOWN: Final = (
    "identifier",
    "name",
    "telecom",
    "gender",
    "birthDate",
    "deceasedBoolean",
    "deceasedDateTime",
    "address",
    "maritalStatus",
    "multipleBirthBoolean",
    "multipleBirthInteger",
)
# What the enterprise Patient takes from the best record that has it.
_TAKEN: Final = (
    "name",
    "telecom",
    "gender",
    "birthDate",
    "deceasedBoolean",
    "deceasedDateTime",
    "address",
    "maritalStatus",
    "extension",
)
# The only extension that is kept: who asks by it is to be told it.
# https://profiles.ihe.net/ITI/PDQm/ITI-119.html#231194222-mothers-maiden-name
_MOTHERS_NAME: Final = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName"
NOTHING_SHOWN: Final = b"{}"
"""What is kept of a Patient that is known by its id only."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as the enterprise Patient shows it. `elements` are those of the hospital's Patient; `active`
    is what the hospital says of it."""

    patient_id: str
    merged: bool
    active: bool
    updated: datetime
    elements: Mapping[str, Any]
    demographics: Demographics

    @property
    def in_use(self) -> bool:
        """Neither inactive nor given up for another."""
        return self.active and not self.merged


@dataclass(frozen=True, slots=True)
class Person:
    """An enterprise identity with its records; `replaced_by` and `replaces` are enterprise ids."""

    enterprise_id: str
    replaced_by: str | None
    replaces: Sequence[str]
    records: Sequence[Shown]


# A placeholder or an unknown gender comes after what somebody knew, and a part of a date after a whole one.
_KNOWN: Final[Mapping[str, Callable[[Shown], int]]] = {
    "name": lambda record: bool(record.demographics.names),
    "gender": lambda record: bool(record.demographics.gender),
    "birthDate": lambda record: len(record.demographics.birth_date),
}


def shown_from_patient(patient: Mapping[str, Any]) -> bytes:
    """The elements kept of a hospital's Patient as JSON; equal bytes mean that nothing changed."""
    shown = {name: patient[name] for name in _SHOWN if name in patient}
    if "extension" in patient:
        mothers = [each for each in patient["extension"] if each.get("url") == _MOTHERS_NAME]
        shown |= {"extension": mothers[:1]} if mothers else {}
    return _ENCODER.encode(shown)


def elements_from_shown(shown: bytes) -> dict[str, Any]:
    return _DECODER.decode(shown)


def patient_from_person(person: Person, base: str, identify: Identify) -> Resource:
    """The enterprise Patient. `base` heads the identifier and tag systems of this deployment."""
    patient: Resource = {
        "resourceType": "Patient",
        "id": person.enterprise_id,
        "meta": {"tag": [{"system": f"{base}/CodeSystem/patient-record", "code": "enterprise"}]},
    }
    own = {"use": "usual", "system": f"{base}/sid/enterprise-id", "value": person.enterprise_id}
    if person.replaced_by is not None:
        patient["identifier"] = [own | {"use": "old"}]
        patient["active"] = False
        patient["link"] = [_link(person.replaced_by, "replaced-by")]
        return patient
    patient["identifier"] = [own, *_identifiers(person.records, identify)]
    patient["active"] = any(record.in_use for record in person.records)
    patient |= _taken(person.records)
    links = [_link(patient_id, "seealso") for patient_id in _linked(person.records)]
    links += [_link(enterprise_id, "replaces") for enterprise_id in sorted(person.replaces)]
    if links:
        patient["link"] = links
    return patient


def _link(patient_id: str, kind: str) -> Resource:
    return {"other": {"reference": f"Patient/{patient_id}"}, "type": kind}


def _linked(records: Sequence[Shown]) -> list[str]:
    """The hospitals' Patients that stand for themselves; one known by its id only is not linked."""
    return sorted(record.patient_id for record in records if record.elements and not record.merged)


def _taken(records: Sequence[Shown]) -> Resource:
    """Each element from the most complete record that has it, of equals from the latest."""
    ranked = [record for record in records if record.elements]
    if len(ranked) > 1:
        ranked.sort(key=_rank, reverse=True)
    elements: Resource = {}
    for name in _TAKEN:
        having = [record for record in ranked if name in record.elements]
        if having:
            best = max(having, key=_KNOWN[name]) if name in _KNOWN and len(having) > 1 else having[0]
            elements[name] = best.elements[name]
    if "deceasedBoolean" in elements and "deceasedDateTime" in elements:
        del elements["deceasedBoolean"]
    return elements


def _rank(record: Shown) -> tuple[bool, int, datetime, str]:
    known = record.demographics
    facts = (
        bool(known.names) + bool(known.gender) + bool(known.birth_date[8:])
        + bool(known.phones) + bool(known.addresses) + bool(known.citizen_ids)
    )  # fmt: skip
    return not record.merged, facts, record.updated, record.patient_id


def _identifiers(records: Sequence[Shown], identify: Identify) -> list[Resource]:
    """Citizen ids and cards in canonical form, then what each hospital calls its patient, as sent."""
    shared: dict[tuple[str, str, str], Resource] = {}
    local: dict[tuple[str, str], Resource] = {}
    numbers: dict[object, Card | None] = {}  # most numbers come with every record
    for record in sorted(records, key=_in_use_first) if len(records) > 1 else records:
        for identifier in record.elements.get("identifier", ()):
            system, number = identifier.get("system", ""), None
            if "type" in identifier or identify(system)[0]:
                told = _what_counts(identifier)
                if told not in numbers:
                    numbers[told] = shared_identifier(identifier, identify)
                number = numbers[told]
            if number is not None:
                shared[number.kind, number.system, number.number] = _official(number)
            elif "value" in identifier and (key := (system, identifier["value"])) not in local:
                local[key] = _as_sent(identifier, record)
    return [shared[key] for key in sorted(shared)] + [local[key] for key in sorted(local)]


def _in_use_first(record: Shown) -> tuple[bool, str]:
    return not record.in_use, record.patient_id


def _what_counts(identifier: Mapping[str, Any]) -> object:
    """The same for identifiers that are the same number, or none."""
    if "type" in identifier:
        return _ENCODER.encode(identifier)
    return identifier.get("system"), identifier.get("value")


def _official(number: Card) -> Resource:
    return {"use": "official", "system": number.system, "value": number.number}


def _as_sent(identifier: Resource, record: Shown) -> Resource:
    # What is contained in the hospital's Patient is not in ours.
    if "assigner" in identifier and str(identifier["assigner"].get("reference", "")).startswith("#"):
        identifier = {name: value for name, value in identifier.items() if name != "assigner"}
    return identifier if record.in_use else identifier | {"use": "old"}
