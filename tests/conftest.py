"""A real PostgreSQL for the whole run, and a database as if new for each test that asks."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from exchange.database import SESSION, create_pool
from exchange.store import embedded
from tests.stock import Stock, stocked

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ci", max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
# For an hour: `nice python -m pytest tests/exchange/search/page/test_execute.py --hypothesis-profile=long`.
settings.register_profile("long", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# What a crash leaves does not matter here, so nothing waits for the disk.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "autovacuum": "off",
    "max_connections": "60",
    "log_error_verbosity": "verbose",
}
GZIP = b"\x1f\x8b"


def pytest_make_parametrize_id(val: object) -> str | None:
    """gzip says when it was made, but processes that share the work must call a test alike."""
    return "gzip" if isinstance(val, bytes) and val.startswith(GZIP) else None


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The embedded server of this run; its folder is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="yilian-test-"))
    running = asyncio.run(embedded.start(folder, QUICK))
    try:
        yield running
    finally:
        asyncio.run(embedded.stop(running))
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def stock(server: embedded.Server) -> Stock:
    return stocked(server)


@pytest.fixture
async def database_url(server: embedded.Server, stock: Stock) -> AsyncIterator[str]:
    """The DSN of a database of this test's own, migrated and empty."""
    name = await stock.lend()
    yield server.dsn(name)
    await stock.take_back(name)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """One open connection, outside any transaction."""
    opened = await asyncpg.connect(database_url, server_settings=SESSION)
    yield opened
    await opened.close()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A small pool as the hub makes it."""
    made = await create_pool(database_url, 4)
    yield made
    await made.close()
