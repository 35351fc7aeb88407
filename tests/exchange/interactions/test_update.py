"""update: a new version, guarded by If-Match."""

import asyncio
from typing import Any

import httpx
import pytest


def patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", **more}


async def test_an_update_may_create_and_then_makes_versions(client: httpx.AsyncClient) -> None:
    made = await client.put("Patient/p1", json=patient(gender="male"))
    assert made.status_code == 201
    assert made.headers["location"].endswith("/fhir/Patient/p1/_history/1")
    changed = await client.put("Patient/p1", json=patient(gender="female"))
    assert changed.status_code == 200
    assert changed.headers["etag"] == 'W/"2"'
    assert changed.json()["meta"]["versionId"] == "2"
    assert (await client.get("Patient/p1")).content == changed.content


async def test_equal_content_makes_no_version(client: httpx.AsyncClient) -> None:
    first = await client.put("Patient/p1", json=patient(gender="male"))
    read = await client.get("Patient/p1")
    again = await client.put(
        "Patient/p1", content=read.content, headers={"Content-Type": "application/fhir+json"}
    )
    assert again.status_code == 200
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_deleted_resource_comes_back(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient())
    await client.delete("Patient/p1")
    back = await client.put("Patient/p1", json=patient())
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"3"')


async def test_if_match(client: httpx.AsyncClient) -> None:
    absent = await client.put("Patient/p1", json=patient(), headers={"If-Match": 'W/"1"'})
    assert absent.status_code == 412
    await client.put("Patient/p1", json=patient())
    good = await client.put("Patient/p1", json=patient(gender="male"), headers={"If-Match": 'W/"1"'})
    assert (good.status_code, good.headers["etag"]) == (200, 'W/"2"')
    stale = await client.put("Patient/p1", json=patient(gender="other"), headers={"If-Match": 'W/"1"'})
    assert stale.status_code == 412
    assert 'W/"2"' in stale.json()["issue"][0]["diagnostics"]
    assert (await client.get("Patient/p1")).json()["gender"] == "male"


@pytest.mark.parametrize("header", ["abc", 'W/"abc"', 'W/"1", W/"2"', "*", 'W/"99999999999"', ""])
async def test_an_if_match_that_cannot_be_ours(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.put("Patient/p1", json=patient(), headers={"If-Match": header})
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["If-Match"]


async def test_of_many_with_the_same_if_match_one_wins(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p1", json=patient())
    answers = await asyncio.gather(
        *(
            client.put("Patient/p1", json=patient(birthDate=f"20{n:02}"), headers={"If-Match": 'W/"1"'})
            for n in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19


async def test_concurrent_updates_make_one_version_each(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(client.put("Patient/p1", json=patient(birthDate=f"20{n:02}")) for n in range(20))
    )
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert sorted(int(a.json()["meta"]["versionId"]) for a in answers) == list(range(1, 21))


@pytest.mark.parametrize(
    ("body", "expression"),
    [
        ({"resourceType": "Patient", "id": "p2"}, "Patient.id"),
        ({"resourceType": "Patient"}, "Patient.id"),
        ({"resourceType": "Patient", "id": 1}, "Patient.id"),
        ({"resourceType": "Observation", "id": "p1"}, "resourceType"),
        ({"id": "p1"}, "resourceType"),
        ({"resourceType": ["Patient"], "id": "p1"}, "resourceType"),
    ],
)
async def test_url_and_body_agree(client: httpx.AsyncClient, body: dict[str, Any], expression: str) -> None:
    answer = await client.put("Patient/p1", json=body)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [expression]
    assert (await client.get("Patient/p1")).status_code == 404


async def test_an_impossible_id(client: httpx.AsyncClient) -> None:
    answer = await client.put("Patient/a_b", json=patient(id="a_b"))
    assert answer.status_code == 400


async def test_only_if_it_is_not_there(client: httpx.AsyncClient) -> None:
    new = {"If-None-Match": "*"}
    body = {"resourceType": "Basic", "id": "only", "code": {"text": "x"}}
    answers = await asyncio.gather(*(client.put("Basic/only", json=body, headers=new) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 412, 412, 412]
    again = await client.put("Basic/only", json=body, headers=new)
    assert (again.status_code, again.json()["issue"][0]["expression"]) == (412, ["If-None-Match"])
    await client.delete("Basic/only")
    back = await client.put("Basic/only", json=body, headers=new)
    assert (back.status_code, back.headers["ETag"]) == (201, 'W/"3"')
