"""Databases that tests borrow: whoever borrows one cannot tell it from a new copy of the migrated template.

A copy of the template is some 500 files; to empty what a test has filled takes a tenth of the time.
"""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Final

import asyncpg

from exchange.database import migrate
from exchange.store import embedded

TEMPLATE: Final = "template_hub"

# All others who are connected to this database; waits so many milliseconds for each to be gone.
TERMINATE: Final = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""

# What is the same of all copies until somebody changes the schema, or lets PostgreSQL look at what is in it.
# Emptying a table changes nothing but its row in `pg_class`, where it gets new files.
SHAPE: Final = """
WITH catalogue (of, changed) AS (
    SELECT 'attribute', xmin FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT 'default', xmin FROM pg_attrdef
    UNION ALL SELECT 'constraint', xmin FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT 'index', xmin FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT 'type', xmin FROM pg_type WHERE oid >= 16384
    UNION ALL SELECT 'function', xmin FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT 'trigger', xmin FROM pg_trigger
    UNION ALL SELECT 'rule', xmin FROM pg_rewrite WHERE oid >= 16384
    UNION ALL SELECT 'schema', xmin FROM pg_namespace WHERE oid >= 16384
        AND nspname !~ '^pg_(toast_)?temp_'
    UNION ALL SELECT 'extension', xmin FROM pg_extension WHERE oid >= 16384
    UNION ALL SELECT 'statistics', xmin FROM pg_statistic WHERE starelid >= 16384
    UNION ALL SELECT 'extended', xmin FROM pg_statistic_ext
    UNION ALL SELECT 'policy', xmin FROM pg_policy
    UNION ALL SELECT 'event', xmin FROM pg_event_trigger
    UNION ALL SELECT 'large object', xmin FROM pg_largeobject_metadata
    UNION ALL SELECT 'setting', s.xmin FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = current_database()
)
SELECT string_agg(told, ' ' ORDER BY told) FROM (
    SELECT format('%s %s %s', of, count(*), max(changed::text::bigint)) AS told FROM catalogue GROUP BY of
    UNION ALL
    SELECT format('%s %s %s %s %s', oid, relname, relkind, reloptions, relacl)
    FROM pg_class WHERE oid >= 16384
)"""

# What holds a row, or has held one. Rows go in any order: no foreign key is looked at. A table of more than
# ten pages gets new files: until it is looked at, PostgreSQL plans for a smaller one as for an empty one.
EMPTY: Final = """
DO $$
DECLARE name text; large text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name, large IN
        SELECT quote_ident(relname), CASE WHEN pg_relation_size(oid) > 81920 THEN relname END FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
            AND pg_relation_size(oid) > 0
    LOOP
        IF large IS NULL THEN EXECUTE 'DELETE FROM ' || name;
        ELSE EXECUTE 'TRUNCATE ' || name || ' CASCADE'; END IF;
    END LOOP;
END $$"""

FILLED: Final = """
SELECT quote_ident(relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0"""
RESTART: Final = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"

Rows = Sequence[asyncpg.Record]


class Stock:
    """The databases of one server. `_seeds` are the rows that the migrations put into tables."""

    def __init__(self, server: embedded.Server) -> None:
        self._server = server
        self._names = (f"test_{number}" for number in count(1))
        self._free: list[str] = []
        self._seeds: dict[str, Rows] = {}
        self._shape = ""

    async def prepare(self) -> None:
        """Make the template."""
        await self._administer(f"CREATE DATABASE {TEMPLATE}")
        await migrate(self._server.dsn(TEMPLATE))
        connection = await asyncpg.connect(self._server.dsn(TEMPLATE))
        try:
            self._shape = await connection.fetchval(SHAPE)
            for record in await connection.fetch(FILLED):
                self._seeds[record[0]] = await connection.fetch(f"SELECT * FROM {record[0]}")
        finally:
            await connection.close()

    async def lend(self) -> str:
        """The name of a database, migrated and empty."""
        return self._free.pop() if self._free else await self.copy(next(self._names))

    async def copy(self, name: str) -> str:
        await self._administer(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        return name

    async def take_back(self, name: str) -> None:
        """Whose schema was changed is dropped."""
        connection = await asyncpg.connect(self._server.dsn(name))
        try:
            await connection.execute(TERMINATE)
            same = await connection.fetchval(SHAPE) == self._shape
            if same:
                await self._empty(connection)
        finally:
            await connection.close()
        if same:
            self._free.append(name)
        else:
            await self.drop(name)

    async def drop(self, name: str) -> None:
        await self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    async def _empty(self, connection: asyncpg.Connection) -> None:
        await connection.execute(EMPTY)
        await connection.execute(RESTART)
        for table, rows in self._seeds.items():
            if await connection.fetch(f"SELECT * FROM {table}") != rows:
                await connection.execute(f"DELETE FROM {table}")
                await connection.copy_records_to_table(table, records=map(tuple, rows))

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server.dsn("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def stocked(server: embedded.Server) -> Stock:
    stock = Stock(server)
    asyncio.run(stock.prepare())
    return stock
