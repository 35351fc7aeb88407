"""Clients' closure tables in the database. Functions take an open connection and never commit.

https://hl7.org/fhir/R4/terminology-service.html#closure
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from terminology.closure import Added, Edge

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

BEGUN: Final = """
INSERT INTO closure_table (owner, name) VALUES ($1, $2)
ON CONFLICT (owner, name) DO UPDATE SET version = 0 RETURNING id"""

EMPTIED: Final = """
WITH systems AS (DELETE FROM closure_system WHERE table_id = $1),
    concepts AS (DELETE FROM closure_concept WHERE table_id = $1)
DELETE FROM closure_edge WHERE table_id = $1"""

# Locked, so that two requests do not give two answers one version.
FOUND: Final = "SELECT id, version FROM closure_table WHERE owner = $1 AND name = $2 FOR UPDATE"

HOW_MANY: Final = "SELECT count(*) FROM closure_table WHERE owner = $1"

SYSTEM_VERSIONS: Final = "SELECT system, version FROM closure_system WHERE table_id = $1"

CODES: Final = "SELECT code FROM closure_concept WHERE table_id = $1 AND system = $2"

SIZE: Final = "SELECT count(*) FROM closure_concept WHERE table_id = $1"

PUT_SYSTEM: Final = """
INSERT INTO closure_system (table_id, system, version) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"""

PUT_CODES: Final = """
INSERT INTO closure_concept (table_id, system, code) SELECT $1, $2, unnest($3::text[])"""

PUT_EDGES: Final = """
INSERT INTO closure_edge (table_id, version, system, below, above)
SELECT $1, $2, $3, b, a FROM unnest($4::text[], $5::text[]) AS e (b, a)"""

MOVE: Final = "UPDATE closure_table SET version = $2 WHERE id = $1"

SINCE: Final = """
SELECT system, below, above FROM closure_edge WHERE table_id = $1 AND version > $2
ORDER BY version, system, below, above"""


@dataclass(frozen=True, slots=True)
class Table:
    id: int
    version: int


async def initialize(connection: Connection, owner: str, name: str) -> None:
    """A new table, or the same one emptied; call inside a transaction."""
    await connection.execute(EMPTIED, await connection.fetchval(BEGUN, owner, name))


async def table(connection: Connection, owner: str, name: str) -> Table | None:
    record = await connection.fetchrow(FOUND, owner, name)
    return Table(record["id"], record["version"]) if record else None


async def tables_of(connection: Connection, owner: str) -> int:
    number: int = await connection.fetchval(HOW_MANY, owner)
    return number


async def system_versions(connection: Connection, of: Table) -> dict[str, str]:
    """The version of each code system that the table has concepts of."""
    return {each["system"]: each["version"] for each in await connection.fetch(SYSTEM_VERSIONS, of.id)}


async def codes(connection: Connection, of: Table, system: str) -> list[str]:
    return [each["code"] for each in await connection.fetch(CODES, of.id, system)]


async def size(connection: Connection, of: Table) -> int:
    number: int = await connection.fetchval(SIZE, of.id)
    return number


async def put(connection: Connection, of: Table, additions: Sequence[Added]) -> Table:
    """The table in its next version, or as it was if nothing is new."""
    fresh = [each for each in additions if each.codes]
    if not fresh:
        return of
    version = of.version + 1
    for each in fresh:
        await connection.execute(PUT_SYSTEM, of.id, each.system, each.version)
        await connection.execute(PUT_CODES, of.id, each.system, list(each.codes))
        below, above = [e.below for e in each.edges], [e.above for e in each.edges]
        await connection.execute(PUT_EDGES, of.id, version, each.system, below, above)
    await connection.execute(MOVE, of.id, version)
    return Table(of.id, version)


async def edges_since(connection: Connection, of: Table, version: int) -> list[Edge]:
    records = await connection.fetch(SINCE, of.id, version)
    return [Edge(each["system"], each["below"], each["above"]) for each in records]
