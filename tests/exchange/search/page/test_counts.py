"""What is remembered of a count is the count, whatever is written meanwhile and by whom."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.hub import Hub
from exchange.search.page import counts
from exchange.search.page.counts import Counts
from exchange.search.query.parse import parse
from exchange.search.query.query import Query

ASKED: Final = (
    [("status", "final")],
    [("status", "final"), ("category", "laboratory")],
    [("status", "final,amended")],
    [],
)
STATUSES: Final = ("final", "amended", "registered")
IDS: Final = ("a", "b", "c", "d")


def observation(id_: str, status: str, category: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": status,
        "code": {"text": "x"},
        "category": [{"coding": [{"code": category}]}],
    }


def queries(hub: Hub) -> list[Query]:
    return [replace(parse(hub.search, "Observation", asked, "strict"), total="accurate") for asked in ASKED]


@pytest.fixture(autouse=True)
def _all_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what was written a moment ago is past, for there is one clock and nobody waits."""
    monkeypatch.setattr(counts, "WORTH", 0)
    monkeypatch.setattr(counts, "MOMENT", counts.MOMENT.replace(counts.SLACK, "5 milliseconds"))


@pytest.fixture
async def other(hub: Hub) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(hub.dsn)
    yield connection
    await connection.close()


async def require_right(hub: Hub, remembering: Counts) -> None:
    async with hub.pool.acquire() as connection:
        for query in queries(hub):
            told = await remembering.count(connection, query)
            assert told == await Counts(hub.extraction).count(connection, query), query.criteria


WRITES: Final = st.lists(
    st.tuples(
        st.sampled_from(("PUT", "PUT", "PUT", "DELETE", "POST", "count", "count")),
        st.sampled_from(IDS),
        st.sampled_from(STATUSES),
        st.sampled_from(("laboratory", "exam")),
    ),
    min_size=5,
    max_size=25,
)


@given(WRITES)
async def test_it_is_the_count(
    hub: Hub, client: httpx.AsyncClient, writes: list[tuple[str, str, str, str]]
) -> None:
    remembering = Counts(hub.extraction)
    await require_right(hub, remembering)
    for method, id_, status, category in writes:
        match method:
            case "PUT":
                await client.put(f"Observation/{id_}", json=observation(id_, status, category))
            case "POST":
                await client.post("Observation", json=observation(id_, status, category))
            case "DELETE":
                await client.delete(f"Observation/{id_}")
            case _:
                await require_right(hub, remembering)
    await require_right(hub, remembering)


async def test_what_was_under_way_when_it_was_counted(
    hub: Hub, client: httpx.AsyncClient, other: asyncpg.Connection
) -> None:
    await client.put("Observation/a", json=observation("a", "final", "exam"))
    remembering = Counts(hub.extraction)
    transaction = other.transaction()
    await transaction.start()
    await other.execute("UPDATE resource SET version = version + 1 WHERE id = 'a'")
    await other.execute("INSERT INTO history SELECT rid, 1, updated, body, type FROM resource WHERE id = 'a'")
    await other.execute(
        "UPDATE resource_index SET tokens = '{}', updated = extract(epoch FROM now()) * 1000000 "
        "WHERE rid = (SELECT rid FROM resource WHERE id = 'a')"
    )
    await require_right(hub, remembering)
    await client.put("Observation/b", json=observation("b", "final", "exam"))
    await require_right(hub, remembering)
    await transaction.commit()
    await require_right(hub, remembering)


async def test_it_is_not_counted_again(
    hub: Hub, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.put("Observation/a", json=observation("a", "final", "exam"))
    url = "Observation?status=final&_summary=count"
    assert (await client.get(url)).json()["total"] == 1

    anew, counted = counts._anew, []

    async def counting(*given: Any) -> Any:
        counted.append(given)
        return await anew(*given)

    await asyncio.sleep(0.02)
    assert (await client.get(url)).json()["total"] == 1
    await client.put("Observation/b", json=observation("b", "final", "exam"))
    monkeypatch.setattr(counts, "_anew", counting)
    assert (await client.get(url)).json()["total"] == 2
    await client.put("Observation/a", json=observation("a", "amended", "exam"))
    await asyncio.sleep(0.02)
    assert (await client.get(url)).json()["total"] == 1
    await client.put("Observation/a", json=observation("a", "final", "exam"))
    await asyncio.sleep(0.02)
    assert (await client.get(url)).json()["total"] == 2
    await asyncio.sleep(0.02)
    page = (await client.get("Observation?status=final&_total=accurate&_count=1")).json()
    assert (page["total"], len(page["entry"])) == (2, 1)
    await asyncio.sleep(0.02)
    await client.delete("Observation/a")
    assert (await client.get(url)).json()["total"] == 1
    # A transaction of the database's own may have been open at one of the moments.
    assert len(counted) <= 1


@pytest.mark.parametrize("name", ["MOST_WRITTEN", "MOST_CHANGED"])
async def test_after_very_many_writes_it_is(
    hub: Hub, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(counts, name, 0)
    remembering = Counts(hub.extraction)
    for status in STATUSES:
        await client.put("Observation/a", json=observation("a", status, "exam"))
        await require_right(hub, remembering)
