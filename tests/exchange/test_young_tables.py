"""What has grown to twice what was known of it is looked at again, and nothing else."""

import asyncio

from exchange.hub import Hub
from exchange.young_tables import ENOUGH, look
from mpi.store import resolve_all
from terminology.naming import identify
from tests.mpi.people import record

KNOWN = "SELECT reltuples FROM pg_class WHERE oid = 'mpi_record'::regclass"
ALONE = "ALTER TABLE mpi_record SET (autovacuum_enabled = off)"
# A session tells others what it did when it is idle, or when it is asked to.
TELL = "SELECT pg_stat_force_next_flush()"


async def told(hub: Hub, first: int, number: int) -> None:
    async with hub.pool.acquire() as connection:
        async with connection.transaction():
            people = [record(str(first + at), name=f"人{first + at}") for at in range(number)]
            await resolve_all(connection, people, hub.clock(), identify)
        await connection.execute(TELL)


async def looked_at(hub: Hub) -> None:
    """When what was told has been heard of."""
    async with hub.pool.acquire() as connection, asyncio.timeout(60):
        while True:
            async with connection.transaction():
                if "mpi_record" in await look(connection):
                    return
            await asyncio.sleep(0.05)


async def test_a_table_that_doubled_is_looked_at_once(hub: Hub) -> None:
    async with hub.pool.acquire() as connection:
        await connection.execute(ALONE)
    await told(hub, 0, 2 * ENOUGH)
    await looked_at(hub)
    async with hub.pool.acquire() as connection:
        assert await connection.fetchval(KNOWN) == 2 * ENOUGH
    await told(hub, 2 * ENOUGH, ENOUGH)
    async with hub.pool.acquire() as connection, connection.transaction():
        assert "mpi_record" not in await look(connection)
    await told(hub, 3 * ENOUGH, ENOUGH)
    await looked_at(hub)
