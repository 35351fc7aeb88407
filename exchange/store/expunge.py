"""Remove for good what a record has been: superseded versions, and what was deleted.

Nothing of it can be read again. Call inside a transaction.
"""

from collections.abc import Collection
from typing import Final

from exchange.store.connection import Connection
from exchange.store.types import type_number

# Superseded versions of some types.
VERSIONS: Final = """
WITH superseded AS (
    SELECT h.rid, h.version FROM history h JOIN resource r USING (rid)
    WHERE h.type = ANY($1::smallint[]) AND h.version < r.version LIMIT $2
), expunged AS (
    DELETE FROM history h USING superseded s WHERE h.rid = s.rid AND h.version = s.version RETURNING 1
) SELECT count(*) FROM expunged"""

# Superseded versions of one resource: all of them, or one ($3).
VERSIONS_OF_ONE: Final = """
WITH expunged AS (
    DELETE FROM history h USING resource r
    WHERE r.type = $1 AND r.id = $2 AND h.rid = r.rid AND h.version < r.version
      AND ($3::integer IS NULL OR h.version = $3)
    RETURNING 1
) SELECT count(*) FROM expunged"""

# Deleted resources of some types; one that comes back meanwhile stays.
DELETED: Final = """
WITH deleted AS (
    SELECT DISTINCT h.rid FROM history h JOIN resource r USING (rid)
    WHERE h.type = ANY($1::smallint[]) AND h.body IS NULL AND r.body IS NULL LIMIT $2
), gone AS (
    DELETE FROM resource r USING deleted d WHERE r.rid = d.rid AND r.body IS NULL RETURNING r.rid
), expunged AS (
    DELETE FROM history h USING gone g WHERE h.rid = g.rid
) SELECT count(*) FROM gone"""

# One resource, if it is deleted.
DELETED_ONE: Final = """
WITH gone AS (
    DELETE FROM resource WHERE type = $1 AND id = $2 AND body IS NULL RETURNING rid
), expunged AS (
    DELETE FROM history h USING gone g WHERE h.rid = g.rid
) SELECT count(*) FROM gone"""


async def expunge_versions(connection: Connection, types: Collection[str], limit: int) -> int:
    """How many superseded versions of these types are gone, `limit` at most."""
    return await _count(connection, VERSIONS, sorted(map(type_number, types)), limit)


async def expunge_versions_of(
    connection: Connection, type_: str, id_: str, version: int | None = None
) -> int:
    """The same of one resource, all its superseded versions or one of them."""
    return await _count(connection, VERSIONS_OF_ONE, type_number(type_), id_, version)


async def expunge_deleted(connection: Connection, types: Collection[str], limit: int) -> int:
    """How many deleted resources of these types are gone with all their versions, `limit` at most."""
    return await _count(connection, DELETED, sorted(map(type_number, types)), limit)


async def expunge_deleted_one(connection: Connection, type_: str, id_: str) -> int:
    """1 if the resource was deleted and is gone now."""
    return await _count(connection, DELETED_ONE, type_number(type_), id_)


async def _count(connection: Connection, sql: str, *arguments: object) -> int:
    count: int = await connection.fetchval(sql, *arguments)
    return count
