"""conditional update: none creates, one is updated, several are refused."""

import asyncio
from typing import Any

import httpx
import pytest


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}], **more}


URL = "Patient?identifier=urn:x|1"


async def test_none_one_several(client: httpx.AsyncClient) -> None:
    made = await client.put(URL, json=patient(gender="male"))
    assert made.status_code == 201
    changed = await client.put(URL, json=patient(gender="female"))
    assert changed.status_code == 200
    assert changed.json()["id"] == made.json()["id"]
    assert changed.headers["etag"] == 'W/"2"'
    await client.post("Patient", json=patient())
    several = await client.put(URL, json=patient())
    assert (several.status_code, several.json()["issue"][0]["code"]) == (412, "multiple-matches")


async def test_the_clients_own_id(client: httpx.AsyncClient) -> None:
    made = await client.put(URL, json=patient(id="mine"))
    assert (made.status_code, made.json()["id"]) == (201, "mine")
    assert (await client.put(URL, json=patient(id="mine", gender="male"))).status_code == 200
    other = await client.put(URL, json=patient(id="other"))
    assert other.status_code == 400
    assert (await client.put(URL, json=patient(id="a_b"))).status_code == 400


async def test_if_match_counts_too(client: httpx.AsyncClient) -> None:
    await client.put(URL, json=patient())
    stale = await client.put(URL, json=patient(gender="male"), headers={"If-Match": 'W/"2"'})
    assert stale.status_code == 412


async def test_concurrent_ones_create_one(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.put(URL, json=patient(birthDate=f"20{n:02}")) for n in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert (await client.get("Patient", params={"_summary": "count"})).json()["total"] == 1


@pytest.mark.parametrize("url", ["Patient", "Patient?", "Patient?_count=1", "Patient?nonsense=1"])
async def test_criteria_must_select(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.put(url, json=patient())
    assert answer.status_code in (400, 412)
    assert answer.json()["resourceType"] == "OperationOutcome"
