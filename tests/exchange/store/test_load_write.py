"""What a load stores is what writing one by one stores: row by row, in every table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given

from exchange.fhirjson import split
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.search.index.row import IndexRow
from exchange.store import load_write
from exchange.store.batch import Change, Write
from exchange.store.load_rows import INDEX, INDEX_TABLES, RESOURCE, SIDES
from exchange.store.packing import unpack
from exchange.store.tables import metadata
from exchange.store.transact import transact
from profiles.definitions import definitions
from tests.exchange.search.worlds import worlds
from tests.stock import EMPTY

Resource = dict[str, Any]

INSTANT = datetime(2026, 3, 1, 8, 30, 0, 7_000, UTC)


def test_every_table_of_the_index_is_copied() -> None:
    """A table or a column that is new has to be added there, too."""
    indexed = {name for name, table in metadata.tables.items() if "rid" in table.c} - {"resource", "history"}
    assert set(INDEX_TABLES) == indexed
    for layout in (RESOURCE, INDEX, *(side.layout for side in SIDES)):
        assert set(layout.columns) == set(metadata.tables[layout.table].c.keys()), layout.table


async def everything(connection: asyncpg.Connection) -> dict[str, list[str]]:
    """Every row, resources by name instead of their number."""
    told = {}
    names = {
        row["rid"]: f"{row['type']}/{row['id']}"
        for row in await connection.fetch("SELECT rid, type, id FROM resource")
    }
    for name in sorted(metadata.tables):
        rows = await connection.fetch(f"SELECT * FROM {name}")
        told[name] = sorted(
            repr([_shown(column, value, names) for column, value in row.items()]) for row in rows
        )
    return told


def _shown(column: str, value: Any, names: dict[int, str]) -> Any:
    match column:
        case "rid":
            return names[value]
        case "body":
            return unpack(value) if value else value
        case "tokens":
            return sorted(value)
        case _:
            return value


def writes(extraction: Extraction, resources: list[Resource]) -> list[Write]:
    return [
        Write("update", each["resourceType"], each["id"], *split(each), extraction.row(each))
        for each in resources
    ]


async def load(connection: asyncpg.Connection, given_writes: list[Write], instant: datetime) -> None:
    async with connection.transaction():
        stored = await load_write.stored(connection, given_writes)
        fresh = [write for n, write in enumerate(given_writes) if n not in stored]
        changed = [
            Change(write, stored[n]["rid"], stored[n]["version"] + 1)
            for n, write in enumerate(given_writes)
            if n in stored and not load_write.is_content_of(stored[n], write)
        ]
        await load_write.place(connection, fresh, changed, instant)


async def test_loaded_is_as_created(connection: asyncpg.Connection) -> None:
    """In two rounds, so that some are new versions and some stay as they are."""
    extraction = compile_extraction(definitions(), "http://127.0.0.1:8080/fhir")
    cases: list[list[list[Resource]]] = []

    @given(worlds(), worlds())
    def collect(first: list[Resource], second: list[Resource]) -> None:
        cases.append([first, [*first[: len(first) // 2], *second[len(second) // 2 :]]])

    collect()
    for rounds in cases:
        stood = []
        for way in (load, transact):
            await connection.execute(EMPTY)
            for n, resources in enumerate(rounds):
                once = {(each["resourceType"], each["id"]): each for each in resources}
                await way(connection, writes(extraction, [*once.values()]), INSTANT + timedelta(seconds=n))
            stood.append(await everything(connection))
        assert stood[0] == stood[1]
    assert len(cases) > 20


async def test_a_resource_that_was_created_meanwhile_is_told(connection: asyncpg.Connection) -> None:
    write = Write("update", "Patient", "a", b'{"resourceType":"Patient","id":"a","meta":{', b"}}", IndexRow())
    await transact(connection, [write], INSTANT)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with connection.transaction():
            await load_write.place(connection, [write], [], INSTANT)
    assert await connection.fetchval("SELECT count(*) FROM resource_index") == 1
