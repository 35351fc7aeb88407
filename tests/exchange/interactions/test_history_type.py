"""history of a type and of the system: every version, latest first, deletions too."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from tests.exchange.conftest import Caller


async def put(client: httpx.AsyncClient, type_: str, id_: str, **content: Any) -> None:
    answer = await client.put(f"{type_}/{id_}", json={"resourceType": type_, "id": id_, **content})
    assert answer.status_code in (200, 201)


@pytest.fixture
async def filled(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Three Basics: one with three versions, one deleted, one deleted and back; and an Organization."""
    for n in range(3):
        await put(client, "Basic", "a", code={"text": str(n)})
    await put(client, "Basic", "b", code={"text": "b"})
    await client.delete("Basic/b")
    await put(client, "Basic", "c", code={"text": "c"})
    await client.delete("Basic/c")
    await put(client, "Basic", "c", code={"text": "c again"})
    await put(client, "Organization", "o", name="院")
    return client


ALL = ["a/3", "a/2", "a/1", "b/2", "b/1", "c/3", "c/2", "c/1"]


def names(bundle: dict[str, Any]) -> list[str]:
    return [
        f"{entry['fullUrl'].rpartition('/')[2]}/{entry['response']['etag'][3:-1]}"
        for entry in bundle.get("entry", [])
    ]


async def pages(client: httpx.AsyncClient, url: str) -> list[dict[str, Any]]:
    found = [(await client.get(url)).json()]
    while (links := {link["relation"]: link["url"] for link in found[-1]["link"]}) and "next" in links:
        found.append((await client.get(links["next"])).json())
    return found


async def test_every_version_latest_first(filled: httpx.AsyncClient) -> None:
    (bundle,) = await pages(filled, "Basic/_history")
    assert (bundle["type"], bundle["total"]) == ("history", 8)
    assert sorted(names(bundle)) == sorted(ALL)
    times = [entry["response"]["lastModified"] for entry in bundle["entry"]]
    assert times == sorted(times, reverse=True)
    for entry in bundle["entry"]:
        deleted = entry["request"]["method"] == "DELETE"
        assert deleted == ("resource" not in entry)
        assert entry["request"]["url"] == entry["fullUrl"].partition("/fhir/")[2]
        if not deleted:
            assert f'W/"{entry["resource"]["meta"]["versionId"]}"' == entry["response"]["etag"]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
async def test_pages_join(filled: httpx.AsyncClient, count: int) -> None:
    whole = names((await filled.get("Basic/_history")).json())
    cut = await pages(filled, f"Basic/_history?_count={count}")
    assert [name for page in cut for name in names(page)] == whole
    assert all(len(page["entry"]) <= count for page in cut)


async def test_pages_stay_while_others_write(filled: httpx.AsyncClient) -> None:
    whole = names((await filled.get("Basic/_history")).json())
    first = (await filled.get("Basic/_history?_count=3")).json()
    await asyncio.sleep(0.002)
    for id_ in ("a", "c"):
        await put(filled, "Basic", id_, code={"text": "meanwhile"})
    await filled.delete("Basic/a")
    rest = await pages(filled, first["link"][1]["url"])
    assert [name for page in (first, *rest) for name in names(page)] == whole


async def test_the_whole_system(filled: httpx.AsyncClient, caller: Caller) -> None:
    bundle = (await filled.get("_history")).json()
    assert bundle["total"] == 9
    assert names(bundle)[0] == "o/1"
    restricted = await caller("system/Organization.rs system/Basic.r system/Patient.s")
    assert names((await restricted.get("_history")).json()) == ["o/1"]
    assert (await restricted.get("Organization/_history")).status_code == 200
    assert (await restricted.get("Basic/_history")).status_code == 403
    nobody = await caller("system/Organization.cud")
    assert (await nobody.get("_history")).status_code == 403


async def test_since(filled: httpx.AsyncClient) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await filled.get("Basic/_history", params={"_since": soon})).json()["total"] == 0
    bundle = (await filled.get("Basic/_history")).json()
    third = bundle["entry"][2]["response"]["lastModified"]
    since = (await filled.get("Basic/_history", params={"_since": third})).json()
    assert names(since)[:3] == names(bundle)[:3]
    assert all(entry["response"]["lastModified"] >= third for entry in since["entry"])


async def test_what_was_current_at_a_time(filled: httpx.AsyncClient, hub: Hub) -> None:
    """A day for each version: the first of January for the first, and so on."""
    noon = "timestamptz '2020-01-01T12:00Z' + (version - 1) * interval '1 day'"
    for table in ("resource", "history"):
        await hub.pool.execute(f"UPDATE {table} SET updated = {noon}")
    await hub.pool.execute(
        "UPDATE resource_index i SET updated = (extract(epoch FROM r.updated) * 1000000)::bigint "
        "FROM resource r WHERE r.rid = i.rid"
    )

    async def at(time: str) -> list[str]:
        return sorted(names((await filled.get("Basic/_history", params={"_at": time})).json()))

    assert await at("2019") == []
    assert await at("2020-01-01T12:00:00Z") == ["a/1", "b/1", "c/1"]
    assert await at("2020-01-02T13:00:00Z") == ["a/2"]
    assert await at("2020-01-02T11:00:00Z") == ["a/1", "b/1", "c/1"]
    assert await at("2020") == sorted(ALL)
    assert await at("2021") == ["a/3", "c/3"]
    one = (await filled.get("Basic/a/_history", params={"_at": "2020-01-02T13:00:00Z"})).json()
    assert (names(one), one["total"]) == (["a/2"], 1)
    assert names((await filled.get("Basic/b/_history", params={"_at": "2021"})).json()) == []


@pytest.mark.parametrize(
    "query", ["_count=0", "_count=x", "_since=2020", "_at=x", "_at=ge2020", "_cursor=1", "name=x", "_sort=x"]
)
@pytest.mark.parametrize("url", ["Basic/_history", "_history", "Basic/a/_history"])
async def test_parameters_it_cannot_take(filled: httpx.AsyncClient, url: str, query: str) -> None:
    if "a/" in url and query == "_cursor=1":
        return
    answer = await filled.get(f"{url}?{query}")
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == [query.partition("=")[0]]


async def test_the_form_of_what_is_sent(filled: httpx.AsyncClient) -> None:
    bundle = (await filled.get("Organization/_history?_elements=active")).json()
    assert "name" not in bundle["entry"][0]["resource"]
    assert (await filled.head("Basic/_history")).status_code == 200
    assert (await filled.get("Nothing/_history")).status_code == 404
    assert (await filled.post("Basic/_history")).status_code == 405


async def test_an_older_hub_s_rows_are_found_too(hub: Hub, filled: httpx.AsyncClient) -> None:
    """The migration gives superseded versions their type, and deletions their row."""
    bundle = (await filled.get("Basic/b/_history")).json()
    assert (names(bundle), bundle["total"]) == (["b/2", "b/1"], 2)
    assert (await filled.get("Basic/b/_history/2")).status_code == 410
    assert (await filled.get("Basic/b/_history/1")).status_code == 200
    assert (await filled.get("Basic/a/_history/3")).status_code == 200
    assert await hub.pool.fetchval("SELECT count(*) FROM history WHERE body IS NULL") == 2
