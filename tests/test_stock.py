"""A borrowed database is as good as a new one."""

import asyncio

import asyncpg
import pytest

from exchange.store import embedded
from tests.stock import SHAPE, Stock

# Ten pages hold some 700 of them.
FILL = """
INSERT INTO load (fingerprint, source, round, run, place, begun)
SELECT decode(lpad(to_hex(n), 8, '0'), 'hex'), 'x', 0, gen_random_uuid(), 0, now()
FROM generate_series(1, {}) n"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
Content = dict[str, list[asyncpg.Record]]
TAKEN = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"


async def content(server: embedded.Server, name: str) -> Content:
    connection = await asyncpg.connect(server.dsn(name))
    try:
        tables = [row[0] for row in await connection.fetch(TABLES)]
        found = {table: await connection.fetch(f"SELECT * FROM {table}") for table in tables}
        return found | {"taken numbers": await connection.fetch(TAKEN)}
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def new(server: embedded.Server, stock: Stock) -> Content:
    """What is in a database that nobody has used."""

    async def seen() -> Content:
        name = await stock.copy("unused")
        found = await content(server, name)
        await stock.drop(name)
        return found

    return asyncio.run(seen())


async def lent_after(stock: Stock, server: embedded.Server, *statements: str) -> tuple[str, str]:
    """A database that saw the statements, and the one that is lent next; a session was left open."""
    name = await stock.lend()
    left = await asyncpg.connect(server.dsn(name))
    for statement in statements:
        await left.execute(statement)
    await stock.take_back(name)
    left.terminate()
    return name, await stock.lend()


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (FILL.format(1),),
        (FILL.format(2000),),
        ("BEGIN", FILL.format(1)),
        ("UPDATE search_version SET version = version + 1",),
        ("UPDATE alembic_version SET version_num = 'other'",),
        ("CREATE TEMPORARY TABLE mine AS SELECT 1", "SET timezone TO 'Asia/Shanghai'"),
    ],
)
async def test_what_was_filled_is_lent_again_empty(
    stock: Stock, server: embedded.Server, new: Content, statements: tuple[str, ...]
) -> None:
    used, lent = await lent_after(stock, server, *statements)
    assert lent == used
    assert await content(server, lent) == new
    await stock.take_back(lent)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE more (one integer)",
        "CREATE INDEX more ON load (place)",
        "CREATE SCHEMA more",
        "CREATE FUNCTION more() RETURNS integer LANGUAGE sql RETURN 1",
        "CREATE VIEW more AS SELECT 1",
        "CREATE SEQUENCE more",
        "DROP TABLE load CASCADE",
        "ALTER TABLE load ALTER place DROP NOT NULL",
        "ALTER TABLE load ALTER place SET DEFAULT 1",
        "ALTER TABLE load SET (fillfactor = 50)",
        "ALTER TABLE load RENAME TO loads",
        "GRANT SELECT ON load TO PUBLIC",
        "ANALYZE search_version",
        "SELECT lo_create(0)",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = off', current_database()); END $$",
    ],
)
async def test_a_change_is_seen(connection: asyncpg.Connection, statement: str) -> None:
    before = await connection.fetchval(SHAPE)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(statement)
    assert await connection.fetchval(SHAPE) != before
    await transaction.rollback()
    assert await connection.fetchval(SHAPE) == before


async def test_what_was_changed_is_not_lent_again(
    stock: Stock, server: embedded.Server, new: Content
) -> None:
    used, lent = await lent_after(stock, server, "DROP TABLE load CASCADE")
    assert lent != used
    assert await content(server, lent) == new
    await stock.take_back(lent)
