"""What is written once is what would be written each time."""

from decimal import Decimal

import pytest

from exchange.fhirjson import dumps, split
from exchange.inbound.texts import Texts

RESOURCES = (
    {"resourceType": "Location", "id": "w", "name": "内科"},
    {"resourceType": "Location", "id": "w", "meta": {"profile": ["urn:p"], "versionId": "7"}, "name": "内科"},
    {"resourceType": "Location", "name": "外科", "id": "w"},
    {"resourceType": "Location", "id": "w"},
)


@pytest.mark.parametrize("resource", RESOURCES)
def test_it_is_what_it_would_be_each_time(resource: dict[str, object]) -> None:
    texts = Texts()
    for _ in range(2):
        assert texts.of(resource) == texts.readable(resource) == dumps(resource)
        assert texts.split(resource) == split(resource)


def test_two_resources_are_never_taken_for_one() -> None:
    texts = Texts()
    assert len({texts.of({"resourceType": "Basic", "id": str(number)}) for number in range(99)}) == 99


def test_what_is_no_json_is_not_readable() -> None:
    assert Texts().readable({"resourceType": "Observation", "value": Decimal("NaN")}) is None
