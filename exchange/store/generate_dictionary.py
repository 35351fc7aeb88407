"""Makes the dictionary that stored bodies are compressed with.

Run as `python -m exchange.store.generate_dictionary`. It is trained (zstandard) on resources made here: every
R4 type filled at random from its definition, some more often than others, and what the messages of the
demonstration become. A dictionary that bodies were stored with must stay for ever: a better one gets a
name and a first byte of its own (`exchange.store.packing`).

https://facebook.github.io/zstd/#small-data
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from zstandard import train_dictionary

from exchange.commands.translating import translated, translation_rules
from exchange.demo.world import world
from exchange.fhirjson import split
from exchange.settings import Settings
from exchange.store.packing import DICTIONARY
from profiles.definitions import Definitions, definitions
from profiles.element import Element

FILE: Final = Path(__file__).with_name(DICTIONARY)
BYTES: Final = 32 * 1024
DEEPEST: Final = 5
MESSAGES: Final = 400

# How often each type is sampled.
SELDOM: Final = 10
OFTEN: Final = 160
FREQUENT: Final = frozenset(
    (
        *("AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Claim", "Composition", "Condition"),
        *("Coverage", "Device", "DiagnosticReport", "DocumentReference", "Encounter", "ExplanationOfBenefit"),
        *("ImagingStudy", "Immunization", "Location", "Medication", "MedicationAdministration"),
        *("MedicationRequest", "Observation", "Organization", "Patient", "Practitioner", "PractitionerRole"),
        *("Procedure", "Provenance", "ServiceRequest", "Specimen"),
    )
)

SYSTEMS: Final = (
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://unitsofmeasure.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/icd-10",
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://hl7.org/fhir/sid/cvx",
    "http://hl7.org/fhir/sid/us-npi",
    "http://hl7.org/fhir/sid/us-ssn",
    "http://dicom.nema.org/resources/ontology/DCM",
    "urn:ietf:bcp:47",
    "urn:ietf:rfc:3986",
    "urn:oid:2.16.156.10011.1.3",
    "urn:oid:2.16.156.10011.2.3.3.11.1",
    "https://yilian.example/fhir/hospital/h01/mrn",
    *(
        f"http://terminology.hl7.org/CodeSystem/{name}"
        for name in (
            *("observation-category", "v2-0203", "v3-ActCode", "v3-ParticipationType", "v3-RoleCode"),
            *("v3-ObservationInterpretation", "condition-clinical", "condition-ver-status", "service-type"),
            *("condition-category", "allergyintolerance-clinical", "allergyintolerance-verification"),
            *("location-physical-type", "organization-type", "claim-type", "claimcareteamrole", "v2-0074"),
            *("ex-serviceplace", "processpriority", "adjudication", "provenance-participant-type"),
            *("v3-MaritalStatus", "diagnosis-role"),
        )
    ),
)
PROFILES: Final = tuple(
    f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{name}"
    for name in (
        *("patient", "practitioner", "organization", "encounter", "condition", "procedure", "immunization"),
        *("medicationrequest", "location", "observation-lab", "diagnosticreport-lab", "careplan", "careteam"),
        *("documentreference", "implantable-device", "provenance"),
    )
)
EXTENSIONS: Final = (
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
    "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName",
    "http://hl7.org/fhir/StructureDefinition/geolocation",
)
UNITS: Final = (
    "mm[Hg]",
    "mg/dL",
    "mmol/L",
    "kg",
    "cm",
    "kg/m2",
    "/min",
    "%",
    "g/dL",
    "10*3/uL",
    "Cel",
    "{score}",
)
TEXTS: Final = (
    "Laboratory",
    "Vital Signs",
    "Body Weight",
    "General examination",
    "检验",
    "门诊",
    "住院",
    "诊断",
    "处方",
    "手术",
)


def samples() -> "list[bytes | bytearray | memoryview[int]]":
    """Bodies as they are stored."""
    chance = random.Random(2026)  # noqa: S311 - resources to be repeated, not secrets
    filled = Filled(definitions(), chance)
    made = [
        filled.resource(name)
        for name in sorted(definitions().resource_types)
        for _ in range(OFTEN if name in FREQUENT else SELDOM)
    ]
    made += translations()
    chance.shuffle(made)
    return [stored(chance, resource) for resource in made]


def stored(chance: random.Random, resource: dict[str, Any]) -> bytes:
    head, tail = split(resource)
    stamp = (
        f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:04:05.678Z"
    )
    return b'%b"versionId":"1","lastUpdated":"%b"%b' % (head, stamp.encode(), tail)


def translations() -> list[dict[str, Any]]:
    """The resources of the demonstration."""
    rules = translation_rules(Settings(), None)
    sent = [raw for messages in world(messages=MESSAGES).messages.values() for raw in messages]
    return [entry.resource for raw in sent for entry in translated(rules, raw).entries]


class Filled:
    """Resources with elements and values taken by chance."""

    def __init__(self, r4: Definitions, chance: random.Random) -> None:
        self._r4, self._chance = r4, chance

    def resource(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = {"resourceType": name, "id": self._uuid()}
        if self._chance.random() < 0.3:
            made["meta"] = {"profile": [self._chance.choice(PROFILES)]}
        return made | dict(self._members(name, 0))

    def _members(self, home: str, depth: int) -> Iterator[tuple[str, Any]]:
        for element in self._r4.children(home):
            if element.name in _LEFT_OUT or self._chance.random() > (0.95 if element.min else 0.45):
                continue
            name, code = self._chance.choice(list(element.properties.items()))
            value = self._value(element, code, depth)
            if value is not None:
                yield name, [value] if element.is_list else value

    def _value(self, element: Element, code: str, depth: int) -> Any:
        if element.binding and code in ("code", "CodeableConcept", "Coding"):
            return self._bound(element.binding.value_set, code)
        make = _MAKE.get(code)
        if make is not None:
            return make(self._chance)
        if code == "Reference":
            target = self._chance.choice(element.targets.get(code) or ("Patient",))
            return {"reference": f"{target}/{self._uuid()}", "display": self._chance.choice(TEXTS)}
        home = code if element.is_choice else self._r4.home(element) or code
        return dict(self._members(home, depth + 1)) or None if depth < DEEPEST else None

    def _bound(self, value_set: str, code: str) -> Any:
        known = sorted(self._r4.codings(value_set) or ()) or [(self._chance.choice(SYSTEMS), "123456")]
        system, value = self._chance.choice(known)
        if code == "code":
            return value
        text = self._chance.choice(TEXTS)
        coding = {"system": system or "", "code": value, "display": text}
        return coding if code == "Coding" else {"coding": [coding], "text": text}

    def _uuid(self) -> str:
        digits = f"{self._chance.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _day(chance: random.Random) -> str:
    return f"{chance.randint(1950, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _time(chance: random.Random) -> str:
    zone = chance.choice(("+08:00", "Z", "-04:00", "-05:00"))
    hour, minute, second = chance.randint(0, 23), chance.randint(0, 59), chance.randint(0, 59)
    return f"{_day(chance)}T{hour:02}:{minute:02}:{second:02}{zone}"


def _quantity(chance: random.Random) -> dict[str, Any]:
    unit = chance.choice(UNITS)
    value = chance.randint(1, 9999) / 10
    return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def _identifier(chance: random.Random) -> dict[str, Any]:
    coding = {
        "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
        "code": chance.choice(("MR", "SS", "DL", "PPN", "NI")),
        "display": "Medical Record Number",
    }
    return {
        "use": "official",
        "type": {"coding": [coding], "text": "Medical Record Number"},
        "system": chance.choice(SYSTEMS),
        "value": str(chance.randint(1, 10**9)),
    }


def _extension(chance: random.Random) -> dict[str, Any]:
    return {"url": chance.choice(EXTENSIONS), "valueString": chance.choice(TEXTS)}


def _period(chance: random.Random) -> dict[str, Any]:
    return {"start": _time(chance), "end": _time(chance)}


def _narrative(chance: random.Random) -> dict[str, Any]:
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p><b>{chance.choice(TEXTS)}</b></p></div>',
    }


_LEFT_OUT: Final = frozenset(("id", "meta", "contained", "modifierExtension", "implicitRules", "language"))
_MAKE: Final[dict[str, Callable[[random.Random], Any]]] = {
    "date": _day,
    "dateTime": _time,
    "instant": _time,
    "time": lambda chance: "08:00:00",
    "boolean": lambda chance: chance.random() < 0.5,
    "decimal": lambda chance: chance.randint(1, 9999) / 100,
    "integer": lambda chance: chance.randint(1, 99),
    "positiveInt": lambda chance: chance.randint(1, 9),
    "unsignedInt": lambda chance: chance.randint(1, 9),
    "string": lambda chance: chance.choice(TEXTS),
    "markdown": lambda chance: chance.choice(TEXTS),
    "code": lambda chance: chance.choice(UNITS),
    "uri": lambda chance: chance.choice(SYSTEMS),
    "url": lambda chance: chance.choice(SYSTEMS),
    "canonical": lambda chance: chance.choice(PROFILES),
    "id": lambda chance: "a1",
    "base64Binary": lambda chance: "SGVsbG8=",
    "xhtml": lambda chance: "<div/>",
    "oid": lambda chance: "urn:oid:1.2.156",
    "uuid": lambda chance: "urn:uuid:00000000-0000-4000-8000-000000000000",
    "Extension": _extension,
    "Identifier": _identifier,
    "Quantity": _quantity,
    "SimpleQuantity": _quantity,
    "Period": _period,
    "Narrative": _narrative,
    "Resource": lambda chance: None,
}


def main() -> None:
    """Rewrite the file in place."""
    FILE.write_bytes(train_dictionary(BYTES, samples(), level=3).as_bytes())


if __name__ == "__main__":
    main()
