"""Search parameters of a deployment's own: checked, in force at once, indexed again online."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from exchange.jobs.runner import working
from exchange.operations import reindex as operation
from exchange.search.index import reindex
from exchange.search.own import keeper

URL = "https://yilian.example/fhir/SearchParameter/nickname"
EXTENSION = "https://yilian.example/fhir/StructureDefinition/nickname"
SECONDS = 30


def parameter(id_: str = "nickname", **content: Any) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter",
        "id": id_,
        "url": f"https://yilian.example/fhir/SearchParameter/{id_}",
        "name": id_,
        "status": "active",
        "description": id_,
        "code": id_,
        "base": ["Patient"],
        "type": "string",
        "expression": f"Patient.extension('{EXTENSION}').value as string",
    } | content


def patient(id_: str, nickname: str, **content: Any) -> dict[str, Any]:
    extension = [{"url": EXTENSION, "valueString": nickname}]
    return {"resourceType": "Patient", "id": id_, "extension": extension} | content


@pytest.fixture(autouse=True)
async def at_work(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(keeper, "KNOWN_EVERYWHERE_SECONDS", 0.0)
    monkeypatch.setattr(reindex, "BATCH", 2)  # so that there are several
    async with working(hub, {operation.KIND: operation.reindexing}):
        yield


async def put(client: httpx.AsyncClient, resource: dict[str, Any], status: int = 201) -> dict[str, Any]:
    answer = await client.put(f"{resource['resourceType']}/{resource['id']}", json=resource)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ids(client: httpx.AsyncClient, search: str) -> list[str]:
    answer = await client.get(search)
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    return sorted(each["resource"]["id"] for each in entries if each["search"]["mode"] == "match")


async def warnings(client: httpx.AsyncClient, search: str) -> list[str]:
    answer = await client.get(search)
    entries = answer.json().get("entry", [])
    outcomes = [each["resource"] for each in entries if each["search"]["mode"] == "outcome"]
    return [issue["diagnostics"] for outcome in outcomes for issue in outcome["issue"]]


async def reindexed(client: httpx.AsyncClient, path: str) -> dict[str, int]:
    answer = await client.post(path, json={"resourceType": "Parameters"})
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(SECONDS):
        while True:
            status = await client.get(answer.headers["Content-Location"])
            if status.status_code != 202:
                break
            await asyncio.sleep(0.02)
    assert status.status_code == 200, status.text
    return {each["name"]: each["valueInteger"] for each in status.json()["parameter"]}


async def test_what_is_written_next_is_found_at_once(client: httpx.AsyncClient) -> None:
    await put(client, parameter())
    await put(client, patient("p", "Xiao Ming"))
    assert await ids(client, "Patient?nickname=xiao") == ["p"]
    assert await ids(client, "Patient?nickname:contains=ming") == ["p"]
    assert await ids(client, "Patient?nickname:missing=true") == []
    assert await warnings(client, "Patient?nickname=xiao") == []


async def test_what_was_stored_before_is_missed_with_a_warning_until_it_is_indexed(
    client: httpx.AsyncClient,
) -> None:
    for n in range(5):
        await put(client, patient(f"p{n}", f"Old {n}"))
    await put(client, parameter())
    assert await ids(client, "Patient?nickname=old") == []
    assert "$reindex" in (await warnings(client, "Patient?nickname=old"))[0]
    conditional = await client.put("Patient?nickname=old", json=patient("q", "x"))
    assert conditional.status_code == 412
    assert await reindexed(client, "SearchParameter/nickname/$reindex") == {
        "total": 5,
        "done": 5,
        "failed": 0,
    }
    assert await ids(client, "Patient?nickname=old") == [f"p{n}" for n in range(5)]
    assert await warnings(client, "Patient?nickname=old") == []


async def test_indexing_again_changes_nothing_else(client: httpx.AsyncClient, hub: Hub) -> None:
    await put(client, patient("p", "n", gender="male", birthDate="1980-02-03", name=[{"text": "张三"}]))
    tables = ("resource_index", "string_index", "date_index", "resource")
    before = [sorted(map(tuple, await hub.pool.fetch(_all(name)))) for name in tables]
    assert (await reindexed(client, "$reindex"))["done"] == 1
    assert [sorted(map(tuple, await hub.pool.fetch(_all(name)))) for name in tables] == before


def _all(table: str) -> str:
    if table == "resource_index":
        sorted_tokens = "ARRAY(SELECT unnest(tokens) ORDER BY 1)::text"
        return f"SELECT rid, type, ref, patient::text, ts, ts_end, updated, {sorted_tokens} FROM {table}"
    return f"SELECT {table}::text FROM {table}"


async def test_others_write_while_it_is_indexed_again(client: httpx.AsyncClient) -> None:
    for n in range(9):
        await put(client, patient(f"p{n}", "Old"))
    await put(client, parameter())
    job = asyncio.create_task(reindexed(client, "SearchParameter/nickname/$reindex"))
    for n in range(9):
        await put(client, patient(f"p{n}", "New" if n % 2 else "Newer"), 200)
    await job
    assert await ids(client, "Patient?nickname=old") == []
    assert len(await ids(client, "Patient?nickname=new")) == 9


async def test_an_expression_that_is_no_path_is_evaluated(client: httpx.AsyncClient) -> None:
    adults = parameter(
        "contact-words",
        expression="Patient.name.where(use = 'official').given.first() | Patient.contact.name",
    )
    await put(client, adults)
    names = [{"use": "official", "given": ["Ann", "Bea"]}, {"use": "old", "given": ["Cat"]}]
    await put(client, {"resourceType": "Patient", "id": "p", "name": names})
    await put(client, {"resourceType": "Patient", "id": "q", "contact": [{"name": {"family": "Dee"}}]})
    found = [await ids(client, f"Patient?contact-words={name}") for name in ("ann", "bea", "cat", "dee")]
    assert found == [["p"], [], [], ["q"]]


@pytest.mark.parametrize(
    ("type_", "expression", "value", "query"),
    [
        ("token", "Observation.component.where(code.text = 'a').value", {"coding": [{"code": "x"}]}, "x"),
        ("date", "Observation.issued.where($this > @2020)", None, "2024-01-01"),
        ("number", "Observation.component.count() + 1", None, "2"),
        ("token", "Observation.status = 'final'", None, "true"),
    ],
)
async def test_values_of_every_type_are_evaluated(
    client: httpx.AsyncClient, type_: str, expression: str, value: Any, query: str
) -> None:
    await put(client, parameter("own", type=type_, base=["Observation"], expression=expression))
    content = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    component = {"code": {"text": "a"}, "valueCodeableConcept": value or {"text": "t"}}
    await put(client, content | {"issued": "2024-01-01T00:00:00Z", "component": [component]})
    assert await ids(client, f"Observation?own={query}") == ["o"]


@pytest.mark.parametrize(
    ("content", "element"),
    [
        ({"base": ["Nothing"]}, "base"),
        ({"code": "birthdate"}, "code"),
        ({"code": "a b"}, "code"),
        ({"expression": "Patient.where("}, "expression"),
        ({"expression": "Patient.nothing.there"}, "expression"),
        ({"type": "special"}, "type"),
    ],
)
async def test_what_cannot_be_in_force_is_refused(
    client: httpx.AsyncClient, content: dict[str, Any], element: str
) -> None:
    answer = await put(client, parameter(**content), 422)
    assert answer["issue"][0]["expression"][0].startswith(f"SearchParameter.{element}")
    if "base" not in content:  # whose codes R4 binds
        await put(client, parameter(status="draft", **content))


async def test_one_that_is_retired_or_deleted_is_gone_with_its_rows(
    client: httpx.AsyncClient, hub: Hub
) -> None:
    await put(client, parameter())
    await put(client, patient("p", "Xiao"))
    await put(client, parameter(status="retired"), 200)
    assert (await client.get("Patient?nickname=xiao")).status_code == 400
    await put(client, parameter(), 200)
    assert "$reindex" in (await warnings(client, "Patient?nickname=xiao"))[0]
    assert (await client.delete("SearchParameter/nickname")).status_code in (200, 204)
    assert (await client.get("Patient?nickname=xiao")).status_code == 400
    async with asyncio.timeout(SECONDS):
        while True:
            if not await hub.pool.fetchval("SELECT count(*) FROM string_index WHERE exact = 'Xiao'"):
                break
            await asyncio.sleep(0.1)


async def test_another_hub_learns_of_it(client: httpx.AsyncClient, hub: Hub) -> None:
    await put(client, parameter())
    other = keeper.Keeper(hub.pool, hub.extraction)
    await other.refresh()
    assert [each.id for each in other.own] == ["nickname"]


async def test_a_copy_of_one_of_r4s_changes_nothing(client: httpx.AsyncClient) -> None:
    url = "http://hl7.org/fhir/SearchParameter/individual-birthdate"
    copy = parameter("copy", url=url, code="birthdate", type="date", expression="Patient.birthDate")
    await put(client, copy)
    await put(client, {"resourceType": "Patient", "id": "p", "birthDate": "1980-01-01"})
    assert await ids(client, "Patient?birthdate=1980-01-01") == ["p"]
