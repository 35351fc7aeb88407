"""`$closure` over HTTP: tables that are kept for each client, whichever hub is asked."""

from typing import Any

import httpx
import pytest

from exchange.hub import Hub, open_hub
from exchange.operations import closure as operation
from terminology.wire import closure as wire
from tests.exchange.conftest import Caller

SYSTEM = "http://hospital.example/CodeSystem/animals"
CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "id": "animals",
    "url": SYSTEM,
    "version": "1",
    "status": "active",
    "content": "complete",
    "hierarchyMeaning": "is-a",
    "concept": [
        {
            "code": "animal",
            "concept": [{"code": "mammal", "concept": [{"code": "cat"}, {"code": "dog"}]}, {"code": "bird"}],
        }
    ],
}


@pytest.fixture(autouse=True)
async def stored(client: httpx.AsyncClient) -> None:
    assert (await client.put("CodeSystem/animals", json=CODE_SYSTEM)).status_code in (200, 201)


async def ask(
    client: httpx.AsyncClient, *codes: str, name: str = "problems", **more: str
) -> tuple[int, dict[str, Any]]:
    given: list[dict[str, Any]] = [{"name": "name", "valueString": name}]
    given += [{"name": "concept", "valueCoding": {"system": SYSTEM, "code": code}} for code in codes]
    given += [{"name": each, "valueString": value} for each, value in more.items()]
    answer = await client.post("$closure", json={"resourceType": "Parameters", "parameter": given})
    return answer.status_code, answer.json()


def edges(told: dict[str, Any]) -> set[tuple[str, str]]:
    """Below and above."""
    return {
        (element["code"], target["code"])
        for group in told.get("group", ())
        for element in group["element"]
        for target in element["target"]
        if target["equivalence"] == "subsumes"
    }


async def test_a_table_grows(client: httpx.AsyncClient, hub: Hub) -> None:
    status, told = await ask(client)
    assert (status, told["resourceType"], told["version"], "group" in told) == (200, "ConceptMap", "0", False)
    _, told = await ask(client, "cat")
    assert (told["version"], edges(told)) == ("1", set())
    _, told = await ask(client, "animal", "bird")
    assert (told["version"], edges(told)) == ("2", {("cat", "animal"), ("bird", "animal")})
    assert hub.check(told) == []
    _, told = await ask(client, "mammal")
    assert edges(told) == {("cat", "mammal"), ("mammal", "animal")}
    _, told = await ask(client, "mammal", "cat")
    assert (told["version"], edges(told)) == ("3", set())


async def test_a_client_hears_again_what_it_missed(client: httpx.AsyncClient) -> None:
    await ask(client)
    for code in ("cat", "animal", "mammal"):
        await ask(client, code)
    _, told = await ask(client, version="2")
    assert (told["version"], edges(told)) == ("3", {("cat", "mammal"), ("mammal", "animal")})
    _, told = await ask(client, version="0")
    assert edges(told) == {("cat", "mammal"), ("mammal", "animal"), ("cat", "animal")}
    _, told = await ask(client, version="3")
    assert edges(told) == set()
    assert (await ask(client, version="4"))[0] == 400


async def test_a_table_can_be_begun_again(client: httpx.AsyncClient) -> None:
    await ask(client)
    await ask(client, "cat", "animal")
    assert (await ask(client))[1]["version"] == "0"
    _, told = await ask(client, "cat")
    assert (told["version"], edges(told)) == ("1", set())


async def test_another_hub_knows_the_table(client: httpx.AsyncClient, hub: Hub) -> None:
    await ask(client)
    await ask(client, "cat", "animal")
    async with open_hub(hub.settings, hub.dsn) as other:
        assert await other.pool.fetchval("SELECT version FROM closure_table") == 1
        assert await other.pool.fetchval("SELECT count(*) FROM closure_edge") == 1


async def test_each_client_has_its_own(client: httpx.AsyncClient, caller: Caller) -> None:
    await ask(client)
    other = await caller("system/*.cruds")
    status, outcome = await ask(other, "cat")
    assert (status, outcome["issue"][0]["code"]) == (404, "not-found")


async def test_what_stands_on_changed_terminology_is_begun_again(client: httpx.AsyncClient) -> None:
    await ask(client)
    await ask(client, "cat")
    await client.put("CodeSystem/animals", json={**CODE_SYSTEM, "version": "2"})
    status, outcome = await ask(client, "dog")
    assert (status, outcome["issue"][0]["code"]) == (422, "conflict")
    assert "must be reinitialized" in outcome["issue"][0]["details"]["text"]
    await ask(client)
    assert (await ask(client, "dog"))[0] == 200


@pytest.mark.parametrize(
    ("codes", "more", "status", "expression"),
    [
        (("fish",), {}, 422, "concept[0].code"),
        (("cat",), {"version": "1"}, 400, "version"),
        ((), {"version": "x"}, 400, "version"),
        ((), {"name": ""}, 400, "name"),
    ],
)
async def test_what_makes_no_sense_is_told(
    client: httpx.AsyncClient, codes: tuple[str, ...], more: dict[str, str], status: int, expression: str
) -> None:
    await ask(client)
    told, outcome = await ask(client, *codes, **more)
    assert (told, outcome["issue"][0]["expression"]) == (status, [expression])


async def test_tables_are_bounded(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_CONCEPTS", 1)
    await ask(client)
    assert (await ask(client, "cat", "dog"))[1]["issue"][0]["code"] == "too-costly"
    monkeypatch.setattr(operation, "MAX_CONCEPTS", 1)
    await ask(client, "cat")
    assert (await ask(client, "dog"))[1]["issue"][0]["code"] == "too-costly"
    monkeypatch.setattr(operation, "MAX_TABLES", 1)
    assert (await ask(client, name="other"))[1]["issue"][0]["code"] == "too-costly"
