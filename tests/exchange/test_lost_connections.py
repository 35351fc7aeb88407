"""The database goes away in the middle of everything: whoever is hit may try again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import asyncpg
import httpx
import pytest

from exchange.app import build_app
from exchange.database import create_pool
from exchange.hub import Hub, unhurried
from exchange.outcome import failure

ROUNDS: Final = 12
# All connections of hubs to this database; waits so many milliseconds for each to be gone.
TERMINATE: Final = """
SELECT pg_terminate_backend(pid, $1) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'yilian' AND pid <> pg_backend_pid()"""

Asking = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


def transaction(n: int) -> dict[str, Any]:
    entries = [
        {"fullUrl": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", **posted("Patient")},
        posted("Observation", status="final", code={"text": str(n)}),
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def posted(type_: str, **elements: Any) -> dict[str, Any]:
    return {
        "resource": {"resourceType": type_, **elements},
        "request": {"method": "POST", "url": type_},
    }


ASKING: Final[tuple[Asking, ...]] = (
    lambda client, n: client.get("Patient/here"),
    lambda client, n: client.get("Patient?_sort=-_lastUpdated"),
    lambda client, n: client.get("Patient/here/_history"),
    lambda client, n: client.get("_history"),
    lambda client, n: client.post("Patient", json={"resourceType": "Patient"}),
    lambda client, n: client.post("Basic", json={"resourceType": "Basic", "code": {"text": "x"}}),
    lambda client, n: client.put(
        f"Basic/{n}", json={"resourceType": "Basic", "id": str(n), "code": {"text": "x"}}
    ),
    lambda client, n: client.post("", json=transaction(n)),
    lambda client, n: client.get("Patient/here/$everything"),
)


async def test_whoever_loses_a_connection_hears_that_he_may_try_again(
    hub: Hub, client: httpx.AsyncClient, lasting_database: str
) -> None:
    await client.put("Patient/here", json={"resourceType": "Patient", "id": "here"})
    ended = asyncio.Event()

    async def ask(asking: Asking) -> list[httpx.Response]:
        answers = []
        while not ended.is_set():
            answers.append(await asking(client, len(answers)))
        return answers

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(ask(asking)) for asking in ASKING for _ in range(2)]
        await _terminate(lasting_database)
        ended.set()
    answers = [answer for task in asked for answer in task.result()]
    assert {answer.status_code for answer in answers} <= {200, 201, 503}
    lost = [answer for answer in answers if answer.status_code == 503]
    assert lost
    assert {answer.json()["issue"][0]["code"] for answer in lost} == {"transient"}
    assert all(answer.headers["retry-after"] == "1" for answer in lost)
    after = [await asking(client, 0) for asking in ASKING]
    assert {answer.status_code for answer in after} <= {200, 201}


async def _terminate(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for _ in range(ROUNDS):
            await asyncio.sleep(0.03)
            await connection.fetch(TERMINATE, 0)
    finally:
        await connection.close()


async def test_a_pool_whose_connections_died_idle_gives_others(
    hub: Hub, client: httpx.AsyncClient, lasting_database: str
) -> None:
    connection = await asyncpg.connect(lasting_database)
    await connection.fetch(TERMINATE, 1000)
    await connection.close()
    assert (await client.get("Patient")).status_code == 200


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("x"),
        asyncpg.InterfaceError("x"),
        asyncpg.ConnectionDoesNotExistError("x"),
        asyncpg.AdminShutdownError("x"),
        asyncpg.CannotConnectNowError("x"),
        asyncpg.TooManyConnectionsError("x"),
        ConnectionRefusedError(),
        FileNotFoundError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_lost_database_raises_is_transient(error: Exception) -> None:
    failed = failure(error)
    assert (failed.status, failed.issues[0].code, failed.headers) == (
        503,
        "transient",
        (("Retry-After", "1"),),
    )


def test_what_the_driver_cannot_encode_is_our_fault() -> None:
    error = asyncpg.exceptions._base.DataError("x")
    assert failure(error).status == 500


async def test_a_search_that_takes_too_long_is_ended(hub: Hub, client: httpx.AsyncClient) -> None:
    """Jobs are not: they have connections of their own."""
    async with await create_pool(hub.dsn, 2, 0.3) as hurried, unhurried(hub) as jobs, _locked(hub.dsn):
        waiting = asyncio.create_task(jobs.pool.fetchval("SELECT count(*) FROM resource_index"))
        asking = httpx.AsyncClient(
            transport=httpx.ASGITransport(build_app(replace(hub, pool=hurried))),
            base_url=str(client.base_url),
            headers=client.headers,
        )
        answer = await asking.get("Patient?_sort=-_lastUpdated")
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asking.aclose()
    assert answer.status_code == 503
    assert answer.json()["issue"][0]["code"] == "timeout"
    assert answer.headers["retry-after"] == "1"
    assert (await client.get("Patient")).status_code == 200


@asynccontextmanager
async def _locked(dsn: str) -> AsyncIterator[None]:
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("LOCK TABLE resource_index IN ACCESS EXCLUSIVE MODE")
        yield
    await connection.close()
