"""Survival counted strictly."""

import pytest

from conformance.v2_values import strict_share

MADE = [
    {
        "resourceType": "Patient",
        "id": "secret-number",
        "name": [{"family": "van der Berg", "text": "Anna van der Berg"}],
        "birthDate": "1980-01-02",
        "address": [{"line": ["1 Main St", "Suite 220"]}],
        "managingOrganization": {"reference": "Organization/4711"},
        "maritalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0002"}]},
        "extension": [{"url": "http://b.example/HL70005", "valueUri": "urn:oid:1.2.840.1"}],
        "_x": [{"valueDecimal": 1.50, "valueDateTime": "2024-03-01T08:30:00+08:00"}],
        "note": [{"text": "first line\nsecond line"}],
    }
]


@pytest.mark.parametrize(
    "value",
    [
        "VAN DER BERG",
        "19800102",
        "Suite 220",
        "1.2.840.1",
        "20240301083000+0800",
        "202403010830",
        "second line",
    ],
)
def test_what_is_a_value_survives(value: str) -> None:
    assert strict_share([value], MADE) == 1


@pytest.mark.parametrize(
    "value",
    ["Anna", "HL70005", "v2-0002", "secret", "4711", "Suite", "19800103", "20240301083100", "Patient"],
)
def test_what_is_a_part_of_something_else_does_not(value: str) -> None:
    assert strict_share([value], MADE) == 0


def test_of_no_values_all_survive() -> None:
    assert strict_share([], MADE) == 1
