"""Large code systems in the database, and in a hub's library without a restart."""

from datetime import UTC, datetime

import asyncpg
import httpx

from exchange.hub import Hub
from exchange.terminology.importing import imported
from terminology.code_system import Header
from terminology.importers.release import Release, Row

URL = "http://big.example/CodeSystem/tree"
COUNT = 45_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def release(display: str) -> Release:
    rows = [Row("0", display), *(Row(str(n), f"Concept {n}", (str(n // 10),)) for n in range(1, COUNT))]
    return Release(Header(URL, "1", name="Tree", is_case_sensitive=True), rows)


async def stored(hub: Hub, display: str) -> list[int]:
    told: list[int] = []
    async with hub.pool.acquire() as pooled:
        connection: asyncpg.Connection = pooled  # type: ignore[assignment]
        await imported(connection, release(display), NOW, lambda done, _: told.append(done))
    await hub.terminology.refresh()
    return told


async def test_a_release_is_served_and_replaced(hub: Hub, client: httpx.AsyncClient) -> None:
    assert await stored(hub, "Root") == [20_000, 40_000, COUNT]
    found = (await client.get("CodeSystem/$lookup", params={"system": URL, "code": "44999"})).json()
    assert {"name": "display", "valueString": "Concept 44999"} in found["parameter"]
    subsumes = {"system": URL, "codeA": "4", "codeB": "44999"}
    answer = (await client.get("CodeSystem/$subsumes", params=subsumes)).json()
    assert answer["parameter"] == [{"name": "outcome", "valueCode": "subsumes"}]
    await stored(hub, "Top")
    found = (await client.get("CodeSystem/$lookup", params={"system": URL, "code": "0"})).json()
    assert {"name": "display", "valueString": "Top"} in found["parameter"]
    assert await hub.pool.fetchval("SELECT count(*) FROM concept_release") == 1
    assert await hub.pool.fetchval("SELECT count(*) FROM concept_part") == 3


async def test_what_is_not_finished_is_not_there(hub: Hub) -> None:
    await hub.pool.execute(
        "INSERT INTO concept_release (url, version, header, loaded) VALUES ($1, '9', '{\"url\": \"x\"}', $2)",
        URL,
        NOW,
    )
    await hub.terminology.refresh()
    assert hub.terminology.library.find("CodeSystem", URL, "9") is None


async def test_a_search_goes_below_what_was_imported(hub: Hub, client: httpx.AsyncClient) -> None:
    await stored(hub, "Root")
    for code in ("44999", "5"):
        coding = {"system": URL, "code": code}
        told = {"resourceType": "Observation", "status": "final", "code": {"coding": [coding]}}
        assert (await client.post("Observation", json=told)).status_code == 201
    found = (await client.get("Observation", params={"code:below": f"{URL}|44"})).json()
    assert [each["resource"]["code"]["coding"][0]["code"] for each in found["entry"]] == ["44999"]
