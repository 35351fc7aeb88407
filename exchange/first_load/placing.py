"""What was decided becomes the index: two sessions fill it, one with the keys and one with all else.

https://www.postgresql.org/docs/18/populate.html
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg

from exchange.first_load.tasks import LOADING
from exchange.store import load_indexes
from exchange.store.connection import Connection
from exchange.store.tuning import megabytes
from mpi.first_load import keys
from mpi.first_load.placing import PLACED, InUse, place


async def fill_index(dsn: str, connection: Connection, model: str | None, now: Callable[[str], None]) -> None:
    """In one transaction, but for what nobody sees before that ends. Raises InUse."""
    await keys.begin(connection)
    filling = asyncio.create_task(_keys(dsn))
    try:
        async with connection.transaction():
            steps = place(connection, model, datetime.now(UTC), megabytes() // 24, lambda: filling)
            async for step in steps:
                now(step)
    except InUse:
        await _ended(filling)
        await keys.forget(connection)
        raise
    finally:
        await _ended(filling)
    now("tidying up")
    async with beside(dsn) as other:
        await load_indexes.tidy([connection, other], PLACED)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _keys(dsn: str) -> None:
    async with beside(dsn) as own:
        await own.execute(load_indexes.MEMORY.format(megabytes=megabytes() // 24))
        await keys.fill(own)
        await keys.tidy(own)


@asynccontextmanager
async def beside(dsn: str) -> AsyncIterator[Connection]:
    """Another session of the load."""
    own = await asyncpg.connect(dsn, server_settings=LOADING)
    try:
        yield own
    finally:
        await own.close()
