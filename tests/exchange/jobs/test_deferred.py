"""Prefer: respond-async."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from exchange.hub import Hub
from exchange.jobs.deferred import KIND, deferred
from exchange.jobs.runner import working

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]
ASYNC = {"Prefer": "respond-async, return=minimal"}


@pytest.fixture(autouse=True)
async def at_work(hub: Hub) -> AsyncIterator[None]:
    async with working(hub, {KIND: deferred}):
        yield


async def answered(client: httpx.AsyncClient, kicked_off: httpx.Response) -> dict[str, Any]:
    assert kicked_off.status_code == 202, kicked_off.text
    async with asyncio.timeout(120):
        while True:
            told = await client.get(kicked_off.headers["Content-Location"])
            if told.status_code != 202:
                break
            await asyncio.sleep(0.02)
    assert told.status_code == 200, told.text
    bundle = told.json()
    assert (bundle["resourceType"], bundle["type"], len(bundle["entry"])) == ("Bundle", "batch-response", 1)
    entry: dict[str, Any] = bundle["entry"][0]
    return entry


async def test_a_search_is_answered_later(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    entry = await answered(client, await client.get("Patient?_id=a", headers=ASYNC))
    assert entry["response"]["status"] == "200 OK"
    assert [each["resource"]["id"] for each in entry["resource"]["entry"]] == ["a"]


async def test_a_transaction_is_done_later(client: httpx.AsyncClient) -> None:
    request = {"method": "PUT", "url": "Patient/b"}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": {"resourceType": "Patient", "id": "b"}, "request": request}],
    }
    entry = await answered(client, await client.post("", json=bundle, headers=ASYNC))
    assert entry["resource"]["type"] == "transaction-response"
    assert (await client.get("Patient/b")).status_code == 200


async def test_what_goes_wrong_later_is_told_with_its_own_status(client: httpx.AsyncClient) -> None:
    entry = await answered(client, await client.get("Patient?nothing=1", headers=ASYNC))
    assert entry["response"]["status"] == "400 Bad Request"
    assert entry["response"]["outcome"]["issue"][0]["expression"] == ["nothing"]


async def test_it_may_do_what_its_caller_may(caller: Caller) -> None:
    client = await caller("system/Observation.rs")
    entry = await answered(client, await client.get("Patient?_id=a", headers=ASYNC))
    assert entry["response"]["status"] == "403 Forbidden"


async def test_a_read_is_answered_at_once(client: httpx.AsyncClient) -> None:
    await client.put("Patient/a", json={"resourceType": "Patient", "id": "a"})
    assert (await client.get("Patient/a", headers=ASYNC)).status_code == 200


async def test_bytes_that_no_text_may_hold(client: httpx.AsyncClient) -> None:
    headers = ASYNC | {"Content-Type": "application/fhir+json"}
    entry = await answered(client, await client.post("", content=b'{"a":"\x00\xff', headers=headers))
    assert entry["response"]["status"] == "400 Bad Request"
