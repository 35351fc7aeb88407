"""Indexes that a big load puts aside and makes again from whole tables: a third of the cost of growing them.

https://www.postgresql.org/docs/18/populate.html#POPULATE-RM-INDEXES

`load_index` says which are missing, written in the transaction that drops them; so whoever comes after a
crash can make them again.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg

from exchange.store.connection import Connection

# One load at a time puts indexes aside, and nobody makes them again while it runs; held by the session.
LOCK: Final = "SELECT pg_try_advisory_lock(7811902344522)"
UNLOCK: Final = "SELECT pg_advisory_unlock(7811902344522)"

# Indexes that make nothing unique, of the tables given. Where the texts are that a load brings is looked up
# as it goes on.
DISPOSABLE: Final = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i WHERE i.indrelid::regclass::text = ANY($1::text[]) AND NOT i.indisunique
  AND i.indexrelid::regclass::text <> 'text_index_token'
ORDER BY 1"""

NOTE: Final = """
INSERT INTO load_index (name, definition) SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT DO NOTHING"""

# The greatest first: the sooner it begins, the sooner all are done.
MISSING: Final = """
SELECT name, definition FROM load_index ORDER BY definition NOT LIKE '%USING gin%', name"""

# What an interrupted CREATE INDEX CONCURRENTLY leaves behind.
INVALID: Final = """
SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid)"""
THERE: Final = "SELECT to_regclass($1) IS NOT NULL"
MADE: Final = "DELETE FROM load_index WHERE name = $1"

# A writer that waits longer than this for the tables, or makes others wait, is reason enough to keep them.
PATIENCE: Final = "SET LOCAL lock_timeout = '2s'"
MEMORY: Final = "SET maintenance_work_mem = '{megabytes}MB'"

# Nothing scans it by an index only, so its turn to be vacuumed may come later.
ANALYZE: Final = "ANALYZE resource"

# How many resources there are at most, and whether a hub is connected beside us.
STORED: Final = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM resource_rid"
HUBS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'yilian' AND pid <> pg_backend_pid()"""


async def lock(connection: Connection) -> bool:
    """False if another load has put indexes aside, and will make them again."""
    held: bool = await connection.fetchval(LOCK)
    return held


async def unlock(connection: Connection) -> None:
    await connection.execute(UNLOCK)


async def put_aside(connection: Connection, tables: Sequence[str]) -> bool:
    """Drop the tables' indexes; False if somebody uses the tables all the time."""
    rows = await connection.fetch(DISPOSABLE, tables)
    try:
        async with connection.transaction():
            await connection.execute(PATIENCE)
            await connection.execute(NOTE, [row["name"] for row in rows], [row["definition"] for row in rows])
            for row in rows:
                await connection.execute(f"DROP INDEX {row['name']}")
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def missing(connection: Connection) -> list[tuple[str, str]]:
    """Name and definition of the indexes that have been put aside."""
    return [(row["name"], row["definition"]) for row in await connection.fetch(MISSING)]


async def make(connection: Connection, name: str, definition: str, megabytes: int) -> None:
    """Make one again; writers of its table wait."""
    await connection.execute(MEMORY.format(megabytes=megabytes))
    async with connection.transaction():
        await _remove_half(connection, name)
        if not await connection.fetchval(THERE, name):
            await connection.execute(definition)
        await connection.execute(MADE, name)


async def make_beside_writers(connection: Connection, name: str, definition: str, megabytes: int) -> None:
    """Make one again while others write; takes twice as long."""
    await connection.execute(MEMORY.format(megabytes=megabytes))
    await _remove_half(connection, name)
    if not await connection.fetchval(THERE, name):
        await connection.execute(definition.replace("CREATE INDEX ", "CREATE INDEX CONCURRENTLY ", 1))
    await connection.execute(MADE, name)


async def _remove_half(connection: Connection, name: str) -> None:
    if await connection.fetchval(INVALID, name):
        await connection.execute(f"DROP INDEX {name}")


async def tidy(sessions: Sequence[Connection], tables: Sequence[str]) -> None:
    """Let the planner and index-only scans see what the tables hold now; call outside a transaction. Each
    session takes the next table when it has done one."""
    todo = iter([f"VACUUM (ANALYZE) {table}" for table in tables])

    async def work(session: Connection) -> None:
        for statement in todo:
            await session.execute(statement)

    await asyncio.gather(*map(work, sessions))
