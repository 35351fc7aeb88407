"""Identifiers that are URIs."""

import pytest

from tests.profiles.validator.special.world import told


@pytest.mark.parametrize(("value", "count"), [("urn:oid:1.2.3", 0), ("1.2.3", 1), ("https://a.example/b", 0)])
def test_a_uri_has_a_scheme(value: str, count: int) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:ietf:rfc:3986", "value": value}]}
    assert [name for _, name, _ in told(patient)].count("identifier-uri") == count


@pytest.mark.parametrize(
    ("system", "expected"),
    [("abc", ["identifier-system"]), ("oid:1.2", ["urn-form"]), ("https://a.example", [])],
)
def test_a_system_is_absolute(system: str, expected: list[str]) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": system, "value": "1"}]}
    assert [name for _, name, _ in told(patient)] == expected


def test_a_well_known_system_is_not_https() -> None:
    coding = {"system": "https://loinc.org", "code": "x"}
    given = {"resourceType": "Observation", "status": "final", "code": {"coding": [coding]}}
    assert "coding-system-https" in [name for _, name, _ in told(given)]


@pytest.mark.parametrize(
    ("code", "severity"), [("NNCHN", "information"), ("PGN", "information"), ("ZZZ", "error")]
)
def test_codes_that_a_table_of_v2_has_got_since_r4(code: str, severity: str) -> None:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code}
    given = {"resourceType": "Patient", "identifier": [{"type": {"coding": [coding]}, "value": "1"}]}
    found = {name: level for level, name, _ in told(given) if name in ("code-later", "code-unknown")}
    assert list(found.values()) == [severity]
