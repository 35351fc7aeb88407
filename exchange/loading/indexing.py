"""Whether a load puts the store's indexes aside, and how they come back.

https://www.postgresql.org/docs/18/populate.html
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal

import asyncpg

from exchange.store import load_indexes
from exchange.store.connection import Connection
from exchange.store.load_rows import INDEX_TABLES
from exchange.store.tuning import megabytes

Policy = Literal["auto", "keep", "rebuild"]

# What identifies a resource stays searchable meanwhile: conditional references and creates look there.
ASIDE: Final = (*(table for table in INDEX_TABLES if table != "identifier_index"), "text_index")
# A smaller load is done before indexes are dropped and made. A resource has at least so many bytes of JSON.
WORTH_BYTES: Final = 16 << 20
RESOURCE_BYTES: Final = 700
# The stored resources may be so many times those to come. Beside a hub, whose searches become slow meanwhile,
# they must be few.
ALONE: Final = 1.0
BESIDE_HUB: Final = 0.1
MAX_MEGABYTES: Final = 2048


@asynccontextmanager
async def indexes_aside(
    dsn: str, connection: Connection, policy: Policy, to_come: int, alone: Sequence[str] = ()
) -> AsyncIterator[None]:
    """Without the indexes, if that is quicker for so many bytes. At the end of the block they are made again,
    and so are those that a load which was killed has left behind. `alone`: tables whose indexes may go, too,
    where no hub is connected."""
    if not await load_indexes.lock(connection):  # another load does this, and will make them again
        yield
        return
    try:
        beside_hub = await connection.fetchval(load_indexes.HUBS) > 0
        if policy == "rebuild" or (policy == "auto" and await _is_worth(connection, to_come, beside_hub)):
            await load_indexes.put_aside(connection, ASIDE if beside_hub else (*ASIDE, *alone))
        else:
            await _make_all(dsn, connection, beside_hub)
        try:
            yield
        finally:
            await _make_all(dsn, connection, beside_hub)
    finally:
        await load_indexes.unlock(connection)


async def restore(dsn: str) -> None:
    """Make the indexes that a killed load has left behind, unless a load is under way."""
    connection = await asyncpg.connect(dsn)
    try:
        if await load_indexes.missing(connection) and await load_indexes.lock(connection):
            await _make_all(dsn, connection, beside_hub=False)
    finally:
        await connection.close()


async def _is_worth(connection: Connection, to_come: int, beside_hub: bool) -> bool:
    if to_come < WORTH_BYTES:
        return False
    stored: int = await connection.fetchval(load_indexes.STORED)
    return stored * RESOURCE_BYTES <= to_come * (BESIDE_HUB if beside_hub else ALONE)


async def _make_all(dsn: str, connection: Connection, beside_hub: bool) -> None:
    missing = await load_indexes.missing(connection)
    if not missing:
        return
    make = load_indexes.make_beside_writers if beside_hub else load_indexes.make
    lanes = 1 if beside_hub else 2  # concurrent ones would wait for each other's transactions
    memory = min(max(megabytes() // 12 // lanes, 64), MAX_MEGABYTES)
    todo = iter(missing)

    async def work() -> None:
        own = await asyncpg.connect(dsn)
        try:
            for name, definition in todo:
                await make(own, name, definition, memory)
        finally:
            await own.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(lanes, len(missing))):
            group.create_task(work())
