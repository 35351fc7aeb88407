"""Encounter/$everything."""

from typing import Any

import httpx
import pytest

Resource = dict[str, Any]


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    subject = {"reference": "Patient/a"}
    listed: list[Resource] = [
        {"resourceType": "Patient", "id": "a"},
        {"resourceType": "Organization", "id": "h"},
        {"resourceType": "Location", "id": "l"},
        *(
            {
                "resourceType": "Encounter",
                "id": id_,
                "status": "finished",
                "class": {"code": "AMB"},
                "subject": subject,
                "serviceProvider": {"reference": "Organization/h"},
                "location": [{"location": {"reference": "Location/l"}}],
            }
            for id_ in ("e", "other")
        ),
        *(
            {
                "resourceType": "Observation",
                "id": f"{id_}{n}",
                "status": "final",
                "code": {"text": "x"},
                "subject": subject,
                "encounter": {"reference": f"Encounter/{id_}"},
            }
            for id_ in ("e", "other")
            for n in range(3)
        ),
    ]
    for each in listed:
        assert (await client.put(f"{each['resourceType']}/{each['id']}", json=each)).status_code == 201


async def everything(client: httpx.AsyncClient, query: str = "") -> list[str]:
    url: str | None = f"Encounter/e/$everything{query}"
    found: list[str] = []
    while url is not None:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        bundle = answer.json()
        found += ["{resourceType}/{id}".format(**entry["resource"]) for entry in bundle.get("entry", [])]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
    return found


ALL = {
    "Encounter/e",
    "Patient/a",
    "Organization/h",
    "Location/l",
    "Observation/e0",
    "Observation/e1",
    "Observation/e2",
}


async def test_what_belongs_to_it_and_what_it_names(client: httpx.AsyncClient) -> None:
    found = await everything(client)
    assert len(found) == len(ALL)
    assert set(found) == ALL


async def test_in_pages(client: httpx.AsyncClient) -> None:
    assert set(await everything(client, "?_count=2")) == ALL


async def test_some_types(client: httpx.AsyncClient) -> None:
    assert set(await everything(client, "?_type=Observation")) == {each for each in ALL if "Obs" in each}


async def test_only_what_is_new(client: httpx.AsyncClient) -> None:
    assert await everything(client, "?_since=2100-01-01T00:00:00Z") == []


async def test_what_is_not_there_or_not_understood(client: httpx.AsyncClient) -> None:
    assert (await client.get("Encounter/none/$everything")).status_code == 404
    answer = await client.get("Encounter/e/$everything?start=2020")
    assert (answer.status_code, answer.json()["issue"][0]["expression"]) == (400, ["start"])
