"""history: every version of one resource, latest first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

VERSIONS = 7


@pytest.fixture
async def versions(client: httpx.AsyncClient) -> None:
    """Six contents and a deletion."""
    for n in range(VERSIONS - 1):
        await client.put("Patient/p1", json={"resourceType": "Patient", "id": "p1", "birthDate": f"200{n}"})
    await client.delete("Patient/p1")


async def pages(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    found = []
    next_: str | None = url
    while next_:
        found.append((await client.get(next_)).json())
        links = {link["relation"]: link["url"] for link in found[-1]["link"]}
        assert links["self"].startswith("http://127.0.0.1:8080/fhir/Patient/p1/_history")
        next_ = links.get("next")
    return found


@pytest.mark.usefixtures("versions")
async def test_all_of_them(client: httpx.AsyncClient) -> None:
    (bundle,) = await pages(client, "Patient/p1/_history")
    assert (bundle["type"], bundle["total"]) == ("history", VERSIONS)
    first, *rest = bundle["entry"]
    assert first["request"] == {"method": "DELETE", "url": "Patient/p1"}
    assert "resource" not in first
    assert [entry["resource"]["meta"]["versionId"] for entry in rest] == ["6", "5", "4", "3", "2", "1"]
    assert [entry["response"]["etag"] for entry in bundle["entry"]] == [f'W/"{n}"' for n in range(7, 0, -1)]
    assert rest[-1]["response"]["status"] == "201"
    assert all(entry["fullUrl"].endswith("/fhir/Patient/p1") for entry in bundle["entry"])


@pytest.mark.usefixtures("versions")
async def test_pages_join_even_when_written_in_between(client: httpx.AsyncClient) -> None:
    first = (await client.get("Patient/p1/_history", params={"_count": 3})).json()
    await client.put("Patient/p1", json={"resourceType": "Patient", "id": "p1", "birthDate": "2030"})
    rest = await pages(client, first["link"][1]["url"])
    seen = [entry["response"]["etag"] for bundle in [first, *rest] for entry in bundle["entry"]]
    assert seen == [f'W/"{n}"' for n in range(7, 0, -1)]


@pytest.mark.usefixtures("versions")
async def test_since(client: httpx.AsyncClient) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert "entry" not in (await client.get("Patient/p1/_history", params={"_since": soon})).json()
    long_ago = await client.get("Patient/p1/_history?_since=2000-01-01T00:00:00+08:00")
    assert len(long_ago.json()["entry"]) == VERSIONS


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_count", "0"),
        ("_count", "x"),
        ("_count", "-1"),
        ("_since", "2020"),
        ("_since", "x"),
        ("_cursor", "x"),
        ("_at", "x"),
        ("name", "x"),
    ],
)
async def test_parameters_it_cannot_take(client: httpx.AsyncClient, name: str, value: str) -> None:
    answer = await client.get("Patient/p1/_history", params={name: value})
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [name]


async def test_of_what_never_was(client: httpx.AsyncClient) -> None:
    assert (await client.get("Patient/p1/_history")).status_code == 404
