"""Identifiers that are URIs."""

import pytest

from tests.profiles.validator.special.world import told


@pytest.mark.parametrize(("value", "count"), [("urn:oid:1.2.3", 0), ("1.2.3", 1), ("https://a.example/b", 0)])
def test_a_uri_has_a_scheme(value: str, count: int) -> None:
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:ietf:rfc:3986", "value": value}]}
    assert [name for _, name, _ in told(patient)].count("identifier-uri") == count
