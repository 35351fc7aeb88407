"""Tables that are twice as large as PostgreSQL knows are looked at again, while the hub runs. Named SQL.

A statement is planned once a session, by how large the tables were then; autovacuum looks once a minute at a
database. The first thousands of patients of a new hub would be told by plans that read whole tables.
https://www.postgresql.org/docs/18/sql-analyze.html
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from exchange.hub import Hub
from exchange.store.connection import Connection

SECONDS: Final = 2.0
# Of fewer rows no plan is bad.
ENOUGH: Final = 250

# One process of the deployment does it.
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('young tables'))"

# `reltuples` is what the plans go by; -1 if nobody looked yet. What is only written again does not grow.
GROWN: Final = """
SELECT s.relid::regclass::text
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.n_live_tup >= 2 * greatest(c.reltuples, $1)
ORDER BY 1
"""
# Whoever works on the table has it looked at later.
ANALYZE: Final = "ANALYZE (SKIP_LOCKED) {tables}"

_log = logging.getLogger(__name__)


@asynccontextmanager
async def looking_at_young_tables(hub: Hub) -> AsyncIterator[None]:
    """Every two seconds meanwhile."""
    looking = asyncio.create_task(_look(hub))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def look(connection: Connection) -> list[str]:
    """The tables that were looked at again: plans that use them are made anew, in every session."""
    if not await connection.fetchval(LOCK):
        return []
    grown: list[str] = [name for (name,) in await connection.fetch(GROWN, ENOUGH)]
    if grown:
        await connection.execute(ANALYZE.format(tables=", ".join(grown)))
    return grown


async def _look(hub: Hub) -> None:
    while True:
        await asyncio.sleep(SECONDS)
        try:
            async with hub.pool.acquire() as connection, connection.transaction():
                await look(connection)
        except Exception as error:
            _log.warning("tables that grow were not looked at: %s", type(error).__name__)
