"""What a hub had written before the history knew types: the migration completes it, and can be taken back."""

from datetime import UTC, datetime
from importlib import import_module

import asyncpg

from exchange.store.history import EVER, Place, of_one, of_types

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
COUNTED = "SELECT count(*) FROM history"


async def test_rows_of_before(connection: asyncpg.Connection) -> None:
    migration = import_module("exchange.store.migrations.versions.0006_history")
    await connection.execute(migration.DOWNGRADE)
    resources = [(1, 7, "a", 2, WHEN, b"{a2"), (2, 7, "b", 2, WHEN, None), (3, 8, "c", 1, WHEN, b"{c1")]
    await connection.executemany(
        "INSERT INTO resource (rid, type, id, version, updated, body) VALUES ($1, $2, $3, $4, $5, $6)",
        resources,
    )
    superseded = [(1, 1, WHEN, b"{a1"), (2, 1, WHEN, b"{b1")]
    await connection.executemany(
        "INSERT INTO history (rid, version, updated, body) VALUES ($1, $2, $3, $4)", superseded
    )
    await connection.execute(
        "INSERT INTO resource_index (rid, type, ref, updated, tokens) "
        "SELECT rid, type, rid, (extract(epoch FROM updated) * 1000000)::bigint, '{}' FROM resource "
        "WHERE body IS NOT NULL"
    )
    await connection.execute(migration.UPGRADE)
    versions = await of_types(connection, ["Basic"], 10, Place(), EVER)
    assert [(one.id, one.version, one.body) for one in versions] == [
        ("b", 2, None),
        ("b", 1, b"{b1"),
        ("a", 2, b"{a2"),
        ("a", 1, b"{a1"),
    ]
    assert [one.version for one in await of_one(connection, "Basic", "b", 10, 9, EVER)] == [2, 1]
    assert await connection.fetchval(COUNTED) == 3
    await connection.execute(migration.DOWNGRADE)
    assert await connection.fetchval(COUNTED) == 2
    await connection.execute(migration.UPGRADE)
    assert await connection.fetchval(COUNTED) == 3
