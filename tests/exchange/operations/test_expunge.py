"""$expunge: for good, and only for those who may."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]


def asked(**values: Any) -> dict[str, Any]:
    parameters = [
        {"name": name, "valueInteger" if type(value) is int else "valueBoolean": value}
        for name, value in values.items()
    ]
    return {"resourceType": "Parameters", "parameter": parameters}


@pytest.fixture
async def janitor(caller: Caller) -> httpx.AsyncClient:
    return await caller("system/*.cruds system/expunge.d")


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    for id_ in ("a", "b"):
        for n in range(3):
            url = f"Basic/{id_}"
            await client.put(url, json={"resourceType": "Basic", "id": id_, "code": {"text": f"{n}"}})
    await client.delete("Basic/b")


def count(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    value: int = answer.json()["parameter"][0]["valueInteger"]
    return value


async def versions(client: httpx.AsyncClient, url: str) -> int:
    return len((await client.get(f"{url}/_history")).json().get("entry", []))


async def test_superseded_versions_of_a_resource(janitor: httpx.AsyncClient) -> None:
    assert count(await janitor.post("Basic/a/$expunge", json=asked(expungePreviousVersions=True))) == 2
    assert (await janitor.get("Basic/a/_history/1")).status_code == 404
    assert (await janitor.get("Basic/a")).json()["meta"]["versionId"] == "3"
    assert await versions(janitor, "Basic/a") == 1


async def test_one_version(janitor: httpx.AsyncClient) -> None:
    assert count(await janitor.post("Basic/a/_history/2/$expunge")) == 1
    assert (await janitor.get("Basic/a/_history/2")).status_code == 404
    assert (await janitor.get("Basic/a/_history/1")).status_code == 200
    assert (await janitor.post("Basic/a/_history/3/$expunge")).status_code == 422
    assert (await janitor.post("Basic/a/_history/2/$expunge")).status_code == 404


async def test_a_deleted_resource(janitor: httpx.AsyncClient) -> None:
    assert count(await janitor.post("Basic/b/$expunge", json=asked(expungeDeletedResources=True))) == 1
    assert (await janitor.get("Basic/b")).status_code == 404
    assert await versions(janitor, "Basic/b") == 0
    assert count(await janitor.post("Basic/a/$expunge", json=asked(expungeDeletedResources=True))) == 0
    again = await janitor.put("Basic/b", json={"resourceType": "Basic", "id": "b", "code": {"text": "x"}})
    assert (again.status_code, again.json()["meta"]["versionId"]) == (201, "1")


async def test_a_type_up_to_a_limit(janitor: httpx.AsyncClient) -> None:
    body = asked(expungePreviousVersions=True, expungeDeletedResources=True, limit=2)
    assert count(await janitor.post("Basic/$expunge", json=body)) == 2
    assert count(await janitor.post("$expunge", json=body)) == 1
    assert count(await janitor.post("$expunge", json=body)) == 0
    assert await versions(janitor, "Basic/a") == 1


async def test_no_wildcard_permits_it(client: httpx.AsyncClient) -> None:
    answer = await client.post("Basic/a/$expunge", json=asked(expungePreviousVersions=True))
    assert answer.status_code == 403
    assert await versions(client, "Basic/a") == 3


@pytest.mark.parametrize(
    "body", [asked(), asked(expungeEverything=True), asked(expungePreviousVersions=1), asked(limit=0)]
)
async def test_what_is_not_understood(janitor: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await janitor.post("Basic/a/$expunge", json=body)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"]
