"""`age`: completed years, of those who are alive."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from exchange.hub import Hub

PEOPLE: list[tuple[str, dict[str, Any]]] = [
    ("child", {"birthDate": "2015-06-01"}),
    ("ten", {"birthDate": "2014-06-01"}),
    ("forty", {"birthDate": "1984-06-01"}),
    ("thirtynine", {"birthDate": "1984-06-02"}),
    ("dead", {"birthDate": "1984-01-01", "deceasedBoolean": True}),
    ("unknown", {}),
]


@pytest.fixture
async def stored(client: httpx.AsyncClient, hub: Hub) -> None:
    for name, content in PEOPLE:
        resource = {"resourceType": "Patient", "id": name} | content
        assert (await client.put(f"Patient/{name}", json=resource)).status_code == 201
    object.__setattr__(hub.search, "now", lambda: datetime(2024, 6, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("age=40", {"forty"}),
        ("age=10", {"ten"}),
        ("age=gt10", {"forty", "thirtynine"}),
        ("age=ge10", {"forty", "thirtynine", "ten"}),
        ("age=lt10", {"child"}),
        ("age=le10", {"child", "ten"}),
        ("age=ne40", {"child", "ten", "thirtynine"}),
        ("age=ap42", {"forty", "thirtynine"}),
        ("age=39,9", {"thirtynine", "child"}),
        ("age:missing=true", {"unknown"}),
    ],
)
async def test_age(client: httpx.AsyncClient, stored: None, asked: str, names: set[str]) -> None:
    answer = (await client.get(f"Patient?{asked}")).json()
    assert {each["resource"]["id"] for each in answer.get("entry", [])} == names


async def test_what_is_no_age_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient?age=old")).status_code == 400
