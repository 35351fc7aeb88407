"""The migrations make exactly the tables that the packages describe: two databases, one catalogue."""

import importlib

import asyncpg
import pytest
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from exchange.store import embedded

OWNERS = (
    "exchange.store.tables",
    "exchange.inbound.tables",
    "mpi.tables",
    "mpi.first_load.tables",
    "exchange.trust.tables",
    "exchange.search.own.tables",
    "exchange.store.load_tables",
    "exchange.jobs.tables",
    "terminology.tables",
    "exchange.local_codes.tables",
    "exchange.channels.tables",
    "exchange.coverage.tables",
)

COLUMNS = """
SELECT attrelid::regclass::text || '.' || attname, format_type(atttypid, atttypmod) ||
    CASE WHEN attnotnull THEN ' not null' ELSE '' END || coalesce(' collate ' || collname, '') ||
    attidentity::text || coalesce(' default ' || pg_get_expr(adbin, adrelid), '')
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
LEFT JOIN pg_collation ON pg_collation.oid = attcollation
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
"""
INDEXES = "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'"
CONSTRAINTS = """
SELECT conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace"""
SEQUENCES = "SELECT sequencename::text, data_type::text FROM pg_sequences WHERE schemaname = 'public'"


async def catalogue(dsn: str) -> dict[str, str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = [
            row
            for query in (COLUMNS, INDEXES, CONSTRAINTS, SEQUENCES)
            for row in await connection.fetch(query)
        ]
    finally:
        await connection.close()
    return {name: text for name, text in rows if not name.startswith("alembic_version")}


@pytest.fixture
async def described_url(server: embedded.Server) -> str:
    """A database made from the descriptions alone."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    await connection.execute("CREATE DATABASE described")
    await connection.close()
    dsn = server.dsn("described")
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn))

    def create(sync: Connection) -> None:
        for owner in OWNERS:
            importlib.import_module(owner).metadata.create_all(sync)

    async with engine.begin() as opened:
        await opened.run_sync(create)
    await engine.dispose()
    return dsn


async def test_migrated_schema_is_the_described_one(database_url: str, described_url: str) -> None:
    assert await catalogue(database_url) == await catalogue(described_url)
