"""One canonical form for every name of a system."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.normalisation.citizen_id import SYSTEM
from terminology import naming
from terminology.naming import (
    ALIASES,
    CITIZEN_ID,
    HEALTH_CARD,
    LOINC,
    canonical_system,
    code_system_for_name,
    code_system_for_table,
    identify,
)

CONSTANTS = sorted(
    value
    for name, value in vars(naming).items()
    if name.isupper() and isinstance(value, str) and not name.startswith("_") and name not in ("OID", "THO")
)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("urn:oid:2.16.840.1.113883.2.23.1.19.1", CITIZEN_ID),
        ("2.16.840.1.113883.2.23.1.19.1", CITIZEN_ID),
        ("2.16.156.10011.1.3", CITIZEN_ID),
        ("URN:OID:2.16.156.10011.1.3", CITIZEN_ID),
        (" urn:oid:2.16.156.10011.1.3 ", CITIZEN_ID),
        ("urn:oid:2.16.840.1.113883.6.1", LOINC),
        ("2.16.840.1.113883.6.96", "http://snomed.info/sct"),
        ("2.16.840.1.113883.6.3", "http://hl7.org/fhir/sid/icd-10"),
        ("2.16.840.1.113883.5.1", "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"),
        ("2.16.840.1.113883.12.1", "http://terminology.hl7.org/CodeSystem/v2-0001"),
        ("2.16.840.1.113883.12.292", "http://hl7.org/fhir/sid/cvx"),
        ("http://hl7.org/fhir/v2/0203", "http://terminology.hl7.org/CodeSystem/v2-0203"),
        ("http://hl7.org/fhir/v3/ActCode", "http://terminology.hl7.org/CodeSystem/v3-ActCode"),
        ("http://hospital.example/codes", "http://hospital.example/codes"),
        ("urn:oid:1.2.3.4", "urn:oid:1.2.3.4"),
        ("1.2", "1.2"),
        ("", ""),
    ],
)
def test_canonical_form(name: str, canonical: str) -> None:
    assert canonical_system(name) == canonical


@pytest.mark.parametrize("system", CONSTANTS)
def test_a_canonical_name_is_its_own(system: str) -> None:
    assert canonical_system(system) == system


def test_every_alias_leads_to_its_system_and_no_further() -> None:
    for system, aliases in ALIASES.items():
        assert canonical_system(system) == system
        assert all(canonical_system(alias) == system for alias in aliases)


@given(st.text(max_size=300))
def test_canonical_form_is_stable(name: str) -> None:
    assert canonical_system(canonical_system(name)) == canonical_system(name)


def test_a_very_long_name_is_left_alone() -> None:
    assert canonical_system("x" * 100_000) == "x" * 100_000


def test_identify_tells_what_hospitals_share() -> None:
    assert identify("2.16.840.1.113883.2.23.1.19.1") == ("citizen-id", CITIZEN_ID)
    assert identify(HEALTH_CARD) == ("health-card", HEALTH_CARD)
    assert identify("http://hospital.example/mrn") == ("", "http://hospital.example/mrn")
    assert identify("") == ("", "")
    assert SYSTEM == CITIZEN_ID


@pytest.mark.parametrize(
    ("table", "system"),
    [
        ("HL70001", "http://terminology.hl7.org/CodeSystem/v2-0001"),
        ("0203", "http://terminology.hl7.org/CodeSystem/v2-0203"),
        ("HL7", None),
        ("L", None),
        ("HL7٠٠٠١", None),
    ],
)
def test_code_system_of_a_table(table: str, system: str | None) -> None:
    assert code_system_for_table(table) == system


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("LN", LOINC),
        ("ln", LOINC),
        ("SCT", "http://snomed.info/sct"),
        ("I10", "http://hl7.org/fhir/sid/icd-10"),
        ("HL70078", "http://terminology.hl7.org/CodeSystem/v2-0078"),
        ("2.16.840.1.113883.6.1", LOINC),
        ("http://hospital.example/codes", "http://hospital.example/codes"),
        ("L", None),
        ("99LAB", None),
        ("", None),
    ],
)
def test_code_system_of_a_name(name: str, system: str | None) -> None:
    assert code_system_for_name(name) == system
