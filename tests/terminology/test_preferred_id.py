"""Other names of systems."""

import pytest

from exchange.terminology.core import core_library
from terminology.library import Library, entry_of
from terminology.preferred_id import preferred_id

NAMING = {
    "resourceType": "NamingSystem",
    "name": "Wards",
    "status": "active",
    "kind": "identifier",
    "uniqueId": [
        {"type": "uri", "value": "http://old.example/wards"},
        {"type": "uri", "value": "http://hospital.example/wards", "preferred": True},
        {"type": "oid", "value": "1.2.3.4"},
        {"type": "uuid", "value": "8acdbfdc-e9d2-11ed-a05b-0242ac120003"},
    ],
}


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("urn:oid:1.2.3.4", "uri", "http://hospital.example/wards"),
        ("1.2.3.4", "uuid", "8acdbfdc-e9d2-11ed-a05b-0242ac120003"),
        ("http://old.example/wards", "oid", "1.2.3.4"),
        ("urn:uuid:8ACDBFDC-e9d2-11ed-a05b-0242ac120003", "oid", "1.2.3.4"),
        ("http://loinc.org", "oid", "2.16.840.1.113883.6.1"),
        ("2.16.840.1.113883.6.96", "uri", "http://snomed.info/sct"),
        ("1.2.3.4", "other", None),
        ("http://nobody.example", "oid", None),
    ],
)
def test_a_name_of_the_kind_wanted(name: str, kind: str, expected: str | None) -> None:
    assert preferred_id(Library([entry_of(NAMING)]), name, kind) == expected


def test_code_systems_say_their_oids() -> None:
    there = preferred_id(core_library(), "http://hl7.org/fhir/administrative-gender", "oid")
    assert there == "2.16.840.1.113883.4.642.4.2"
    assert (
        preferred_id(core_library(), f"urn:oid:{there}", "uri") == "http://hl7.org/fhir/administrative-gender"
    )
