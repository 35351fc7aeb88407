"""Writes against a model: whatever the sequence, the store says what a dictionary of versions says."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.index.row import IndexRow
from exchange.store.batch import Write
from exchange.store.fetch import count_versions, fetch, history, vread
from exchange.store.transact import WrittenTwice, transact

START = datetime(2026, 3, 1, 8, 30, 0, 123456, UTC)
INDEX_TABLES = (
    "resource_index",
    "code_index",
    "compartment_index",
    "identifier_index",
    "string_index",
    "date_index",
    "number_index",
    "quantity_index",
)


def write(
    action: str, name: str, content: int = 0, if_match: int | None = None, row: IndexRow | None = None
) -> Write:
    type_, id_ = name.split("/")
    head = b'{"resourceType":"%b","id":"%b","meta":{' % (type_.encode(), id_.encode())
    tail = b'},"content":%d}' % content
    return Write(action, type_, id_, head, tail, row or IndexRow(tokens=(content,)), if_match)  # type: ignore[arg-type]


def body(name: str, version: int, content: int, stamp: str) -> bytes:
    type_, id_ = name.split("/")
    return (
        f'{{"resourceType":"{type_}","id":"{id_}","meta":{{"versionId":"{version}",'
        f'"lastUpdated":"{stamp}"}},"content":{content}}}'
    ).encode()


async def test_a_new_resource_is_served_as_rendered(connection: asyncpg.Connection) -> None:
    (made,) = await transact(connection, [write("create", "Patient/a", 7)], START)
    expected = body("Patient/a", 1, 7, "2026-03-01T08:30:00.123Z")
    assert (made.status, made.version, made.body) == ("created", 1, expected)
    (found, none) = await fetch(connection, [("Patient", "a"), ("Observation", "a")])
    assert none is None
    assert found is not None
    assert (found.version, found.body, found.updated) == (1, expected, made.updated)
    assert found.updated == START.replace(microsecond=123000)


async def test_the_same_content_makes_no_version(connection: asyncpg.Connection) -> None:
    await transact(connection, [write("update", "Patient/a", 7)], START)
    (again,) = await transact(connection, [write("update", "Patient/a", 7)], START + timedelta(hours=1))
    assert (again.status, again.version) == ("unchanged", 1)
    assert again.updated == START.replace(microsecond=123000)
    assert await count_versions(connection, "Patient", "a") == 1


async def test_if_match_guards_updates_and_deletions(connection: asyncpg.Connection) -> None:
    await transact(connection, [write("update", "Patient/a", 1), write("update", "Patient/b", 1)], START)
    outcomes = await transact(
        connection,
        [
            write("update", "Patient/a", 2, if_match=2),
            write("delete", "Patient/b", if_match=1),
            write("update", "Patient/c", 2, if_match=1),
        ],
        START,
    )
    assert [(o.status, o.version) for o in outcomes] == [("conflict", 1), ("deleted", 2), ("conflict", 0)]


async def test_a_deleted_resource_keeps_its_history_and_may_return(connection: asyncpg.Connection) -> None:
    for n, (action, status) in enumerate(
        [("update", "created"), ("delete", "deleted"), ("delete", "missing"), ("update", "created")]
    ):
        (outcome,) = await transact(connection, [write(action, "Patient/a", 5)], START + timedelta(seconds=n))
        assert outcome.status == status
    versions = await history(connection, "Patient", "a", 10)
    assert [(v.version, v.body is None) for v in versions] == [(3, False), (2, True), (1, False)]
    assert await history(connection, "Patient", "a", 1, before=3) == versions[1:2]
    assert await vread(connection, "Patient", "a", 2) == versions[1]
    assert await vread(connection, "Patient", "a", 4) is None
    assert await vread(connection, "Patient", "a", 2**40) is None


async def test_creating_an_existing_id_is_a_conflict(connection: asyncpg.Connection) -> None:
    await transact(connection, [write("create", "Patient/a", 1)], START)
    outcomes = await transact(
        connection, [write("create", "Patient/a", 2), write("create", "Patient/b", 2)], START
    )
    assert [o.status for o in outcomes] == ["conflict", "created"]
    assert await connection.fetchval("SELECT count(*) FROM resource_index") == 2


async def test_a_batch_writes_a_resource_once(connection: asyncpg.Connection) -> None:
    with pytest.raises(WrittenTwice):
        await transact(connection, [write("update", "Patient/a"), write("delete", "Patient/a")], START)


async def test_nothing_to_write(connection: asyncpg.Connection) -> None:
    assert await transact(connection, [], START) == []


FULL = IndexRow(
    patient=UUID(int=1),
    compartments=(UUID(int=2), UUID(int=3)),
    start=10,
    end=20,
    codes=(5, 6),
    tokens=(-1, 2**63 - 1, -(2**63)),
    identifiers=((1, "urn:s", "8"), (1, "", "9")),
    strings=((2, "王芳", "王芳"),),
    dates=((3, 1, 2),),
    numbers=((4, 0.5, 1.5),),
    quantities=((5, 7, 1.0, 2.0), (5, None, 1.0, 2.0)),
)


async def test_every_part_of_the_row_is_stored(connection: asyncpg.Connection) -> None:
    await transact(connection, [write("update", "Patient/x"), write("update", "Patient/a", row=FULL)], START)
    rid = await connection.fetchval("SELECT rid FROM resource WHERE id = 'a'")
    stored = {
        table: [tuple(r) for r in await connection.fetch(f"SELECT * FROM {table} WHERE rid = $1", rid)]
        for table in INDEX_TABLES
    }
    assert [row[1:] for row in stored["resource_index"]] == [
        (
            102,
            stored["resource_index"][0][2],
            UUID(int=1),
            10,
            20,
            1772353800123000,
            [-1, 2**63 - 1, -(2**63)],
        )
    ]
    assert sorted(stored["code_index"]) == [(5, UUID(int=1), 10, rid), (6, UUID(int=1), 10, rid)]
    assert sorted(stored["compartment_index"]) == [(UUID(int=2), rid), (UUID(int=3), rid)]
    assert sorted(stored["identifier_index"]) == [("8", "urn:s", 1, rid), ("9", "", 1, rid)]
    assert stored["string_index"] == [(2, "王芳", "王芳", ["王", "王芳", "芳"], rid)]
    assert stored["date_index"] == [(3, 1, 2, rid)]
    assert stored["number_index"] == [(4, 0.5, 1.5, rid)]
    assert len(stored["quantity_index"]) == 2


@pytest.mark.parametrize("action", ["update", "delete"])
async def test_a_new_version_replaces_the_rows(connection: asyncpg.Connection, action: str) -> None:
    neighbour = write("update", "Patient/b", row=FULL)
    await transact(connection, [write("update", "Patient/a", row=FULL), neighbour], START)
    before = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in INDEX_TABLES}
    await transact(connection, [write(action, "Patient/a", 1, row=IndexRow())], START)
    after = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in INDEX_TABLES}
    left = 2 if action == "update" else 1
    assert after == {table: n // 2 for table, n in before.items()} | {"resource_index": left}


@dataclass
class Model:
    """Per resource: its versions, None for a deletion; and the rounds in which they were made."""

    versions: dict[str, list[int | None]] = field(default_factory=dict)

    def apply(self, action: str, name: str, content: int, if_match: int | None) -> tuple[str, int]:
        known = self.versions.get(name, [])
        current = known[-1] if known else None
        if if_match is not None and (current is None or if_match != len(known)):
            return "conflict", len(known)
        if action == "delete" and current is None:
            return "missing", len(known)
        if action == "update" and current == content:
            return "unchanged", len(known)
        self.versions[name] = [*known, None if action == "delete" else content]
        verb = "deleted" if action == "delete" else "created" if current is None else "updated"
        return verb, len(known) + 1


NAMES = ["Patient/a", "Patient/b", "Observation/a", "Observation/-1", "Account/z.Z"]
ONE = st.tuples(
    st.sampled_from(["update", "update", "delete"]), st.integers(0, 2), st.none() | st.integers(1, 4)
)
BATCHES = st.lists(st.dictionaries(st.sampled_from(NAMES), ONE, max_size=5), max_size=6)


@given(batches=BATCHES)
async def test_any_sequence_of_writes_equals_the_model(
    connection: asyncpg.Connection, batches: list[dict[str, tuple[str, int, int | None]]]
) -> None:
    await connection.execute("TRUNCATE resource, history, " + ", ".join(INDEX_TABLES))
    model = Model()
    for n, batch in enumerate(batches):
        expected = [
            model.apply(action, name, content, match) for name, (action, content, match) in batch.items()
        ]
        writes = [write(action, name, content, match) for name, (action, content, match) in batch.items()]
        written = await transact(connection, writes, START + timedelta(seconds=n))
        assert [(w.status, w.version) for w in written] == expected
    for name in NAMES:
        type_, id_ = name.split("/")
        stored = await history(connection, type_, id_, 100)
        contents = [None if v.body is None else int(v.body.split(b":")[-1][:-1]) for v in reversed(stored)]
        assert contents == model.versions.get(name, [])
        assert [v.version for v in stored] == list(range(len(stored), 0, -1))
    living = sum(1 for versions in model.versions.values() if versions[-1] is not None)
    assert await connection.fetchval("SELECT count(*) FROM resource_index") == living


async def test_two_first_puts_of_one_id_make_two_versions(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as first, pool.acquire() as second:
        outer = first.transaction()
        await outer.start()
        (one,) = await transact(first, [write("update", "Patient/a", 1)], START)

        async def follow() -> list[str]:
            async with second.transaction():
                writes = [write("update", "Patient/a", 2), write("update", "Patient/b", 2)]
                return [w.status for w in await transact(second, writes, START)]

        waiting = asyncio.create_task(follow())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await outer.commit()
        assert one.status == "created"
        assert await waiting == ["updated", "created"]
    assert await pool.fetchval("SELECT count(*) FROM resource_index") == 2
    assert await pool.fetchval("SELECT count(*) FROM history") == 1


async def test_concurrent_batches_neither_deadlock_nor_lose_a_version(pool: asyncpg.Pool) -> None:
    names = [f"Patient/{n}" for n in range(8)]

    async def writer(number: int) -> None:
        for turn in range(10):
            batch = [
                write("update", name, number * 1000 + turn)
                for name in names[number::-1] + names[number + 1 :]
            ]
            async with pool.acquire() as connection, connection.transaction():
                assert {w.status for w in await transact(connection, batch, START)} <= {"created", "updated"}

    await asyncio.gather(*(writer(number) for number in range(4)))
    versions = await pool.fetch("SELECT version FROM resource")
    assert [version for (version,) in versions] == [40] * len(names)
    assert await pool.fetchval("SELECT count(*) FROM history") == 39 * len(names)
    assert await pool.fetchval("SELECT count(*) FROM resource_index") == len(names)
