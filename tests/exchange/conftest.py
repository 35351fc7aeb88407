"""The real hub over a real database, spoken to as a client does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from exchange.app import build_app
from exchange.hub import Hub, open_hub
from exchange.settings import Settings
from exchange.store import embedded
from exchange.trust.clients import Client, add_client
from exchange.trust.keys import signing_key
from exchange.trust.scopes import parse_scopes
from exchange.trust.tokens import sign
from tests.stock import EMPTY, Stock

FHIR = "http://127.0.0.1:8080/fhir"

Caller = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest.fixture(scope="session")
def lasting_database(server: embedded.Server, stock: Stock) -> str:
    """One database for all tests that leave it as they like."""
    return server.dsn(asyncio.run(stock.copy("lasting")))


@pytest.fixture
async def hub(lasting_database: str, tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub with nothing in it."""
    settings = Settings(data_dir=tmp_path, pool_size=8, max_body_bytes=24 * 1024 * 1024)
    async with open_hub(settings, lasting_database) as opened:
        await opened.pool.execute(EMPTY)
        await opened.parameters.refresh()
        yield opened


@pytest.fixture
async def caller(hub: Hub) -> AsyncIterator[Caller]:
    """Makes clients by their scopes; each sends its token with every request."""
    opened: list[httpx.AsyncClient] = []
    app = build_app(hub)

    async def call(scopes: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {await token(hub, scopes)}"}
        opened.append(httpx.AsyncClient(transport=transport, base_url=FHIR + "/", headers=headers))
        return opened[-1]

    yield call
    for client in opened:
        await client.aclose()


@pytest.fixture
async def client(caller: Caller) -> httpx.AsyncClient:
    """One that may do everything."""
    return await caller("system/*.cruds")


async def token(hub: Hub, scopes: str, hospital: str | None = None) -> str:
    """A token of a client made for it."""
    held = Client(f"client-{hub.new_id()}", "test", hospital, parse_scopes(scopes), None, hub.clock())
    async with hub.pool.acquire() as connection:
        await add_client(connection, held)
        key = await signing_key(connection, datetime.now(UTC))
    return sign(key, held.id, held.scopes, hub.base, hub.clock().timestamp(), 600)
