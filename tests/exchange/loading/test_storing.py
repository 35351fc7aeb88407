"""Loading beside other writers, for a hospital, and without indexes."""

import asyncio
from typing import Any

import asyncpg
import pytest

from exchange.fhirjson import split
from exchange.hub import utc_now
from exchange.loading import chunks as chunks_module
from exchange.loading import indexing
from exchange.loading.indexing import restore
from exchange.search.index.row import IndexRow
from exchange.store import load_indexes, load_write
from exchange.store.batch import Write
from exchange.store.load_rows import TABLES
from exchange.store.transact import transact
from tests.exchange.loading.conftest import Store
from tests.exchange.loading.test_entries import observation, practitioner
from tests.mpi.people import valid_id

Resource = dict[str, Any]
INDEXES = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


def patient(id_: str, number: str) -> Resource:
    citizen = {"system": "urn:oid:2.16.156.10011.1.3", "value": valid_id("1949-12-31")}
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": "urn:x:mrn", "value": number}, citizen],
        "name": [{"text": "王大明", "family": "王", "given": ["大明"]}],
        "gender": "male",
        "birthDate": "1949-12-31",
    }


async def test_patients_of_a_hospital_are_told_to_the_index(store: Store) -> None:
    store.put("a.ndjson", patient("p1", "1"))
    await store.load()
    assert await store.connection.fetchval("SELECT count(*) FROM mpi_record") == 0
    await store.load(hospital="h01")
    (store.folder / "a.ndjson").unlink()
    store.put("b.ndjson", patient("p2", "2"), practitioner())
    await store.load(hospital="h02")
    rows = await store.connection.fetch("SELECT source, patient_id FROM mpi_record ORDER BY 1")
    assert [tuple(row) for row in rows] == [("h01", "p1"), ("h02", "p2")]
    (enterprise,) = await store.connection.fetch("SELECT enterprise_id FROM mpi_person")
    links = (await store.body(enterprise["enterprise_id"]))["link"]
    assert {link["other"]["reference"] for link in links} == {"Patient/p1", "Patient/p2"}
    await _refused_and_kept_in_step(store, enterprise["enterprise_id"])


async def _refused_and_kept_in_step(store: Store, enterprise_id: str) -> None:
    """Nobody loads an enterprise Patient; a linked one stays linked, whoever loads it."""
    (store.folder / "b.ndjson").unlink()
    changed = {**patient("p1", "1"), "gender": "female"}
    store.put("c.ndjson", {"resourceType": "Patient", "id": enterprise_id}, changed)
    tally = await store.load()
    assert (tally.updated, tally.rejected) == (1, 1)
    assert store.told() == [
        f"c.ndjson:1: Patient.id: Patient/{enterprise_id} is kept by the hub's patient index"
    ]
    assert await store.connection.fetchval("SELECT count(*) FROM mpi_record") == 2
    assert (await store.body(enterprise_id))["meta"]["versionId"] != "1"


async def test_other_writers_may_write_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each resource has all its versions, and index rows of the last one only."""
    monkeypatch.setattr(chunks_module, "CHUNK_BYTES", 4000)
    store.put("a.ndjson", *(observation(f"o{n}", "Patient/p") for n in range(400)))
    other = await asyncpg.connect(store.dsn)
    stop = asyncio.Event()

    async def write() -> int:
        versions = 0
        while not stop.is_set():
            for n in range(0, 400, 40):
                resource = observation(f"o{n}", f"Patient/q{versions}")
                write = Write(
                    "update", "Observation", f"o{n}", *split(resource), IndexRow(tokens=(versions,))
                )
                async with other.transaction():
                    await transact(other, [write], utc_now())
                versions += 1
        return versions

    async def load() -> None:
        tally = await store.load(number=2)
        stop.set()
        assert (tally.resources, store.told()) == (400, [])

    written, _ = await asyncio.gather(write(), load())
    await other.close()
    versions = await store.connection.fetchval("SELECT sum(version) FROM resource")
    assert await store.connection.fetchval("SELECT count(*) FROM resource") == 400
    assert 400 + written >= versions > 400
    history = await store.connection.fetchval("SELECT count(*) FROM history")
    assert history == versions - 400
    assert await store.connection.fetchval("SELECT count(*) FROM resource_index") == 400


async def test_a_row_that_the_database_refuses_is_a_finding(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a rule of the test's own; the others of the chunk are stored."""
    await store.connection.execute(
        "ALTER TABLE identifier_index ADD picky int GENERATED ALWAYS AS (1 / (length(value) - 1)) STORED"
    )
    store.put("a.ndjson", *(practitioner(f"p{n}", "12" if n != 5 else "1") for n in range(20)))
    tally = await store.load()
    assert (tally.created, tally.rejected) == (19, 1)
    assert store.told() == ["a.ndjson:6: the database cannot keep or index it"]


async def indexes(connection: asyncpg.Connection) -> list[str]:
    return [row["indexname"] for row in await connection.fetch(INDEXES)]


async def test_indexes_come_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await indexes(store.connection)
    seen: list[int] = []
    place = load_write.place

    async def watched(connection: asyncpg.Connection, *rest: Any) -> None:
        seen.append(len(await indexes(connection)))
        await place(connection, *rest)

    monkeypatch.setattr(load_write, "place", watched)
    store.put("a.ndjson", practitioner())
    await store.load(indexes="rebuild")
    assert seen[0] < len(before)
    assert await indexes(store.connection) == before
    monkeypatch.setattr(indexing, "WORTH_BYTES", 0)
    store.put("b.ndjson", practitioner("p2"))
    await store.load()
    assert seen[1] == len(before), "the stored resource is more than what is to come"
    assert await store.connection.fetchval("SELECT count(*) FROM load_index") == 0


async def test_indexes_that_a_killed_load_left_behind_are_made_again(store: Store) -> None:
    before = await indexes(store.connection)
    await load_indexes.put_aside(store.connection, TABLES)
    assert len(await indexes(store.connection)) < len(before)
    store.put("a.ndjson", practitioner())
    await store.load()
    assert await indexes(store.connection) == before
    await load_indexes.put_aside(store.connection, TABLES)
    await restore(store.dsn)
    assert await indexes(store.connection) == before


async def test_identifiers_stay_searchable_beside_a_hub(store: Store) -> None:
    """And in any load it is looked up which texts are known."""
    before = await indexes(store.connection)
    alone = await _put_aside(store)
    hub = await asyncpg.connect(store.dsn, server_settings={"application_name": "yilian"})
    beside = await _put_aside(store)
    await hub.close()
    assert alone - beside == {"identifier_index_rid", "identifier_index_value"}
    assert "text_index_words" in beside
    assert "text_index_token" not in alone
    assert await indexes(store.connection) == before


async def _put_aside(store: Store) -> set[str]:
    rebuilt = indexing.indexes_aside(store.dsn, store.connection, "rebuild", 1, ("identifier_index",))
    async with rebuilt:
        return {name for name, _ in await load_indexes.missing(store.connection)}


async def test_indexes_are_made_beside_writers(store: Store) -> None:
    """Also one of which only half was made."""
    before = await indexes(store.connection)
    await load_indexes.put_aside(store.connection, TABLES)
    for name, definition in await load_indexes.missing(store.connection):
        await load_indexes.make_beside_writers(store.connection, name, definition, 64)
    assert await indexes(store.connection) == before
    definition = "CREATE INDEX code_index_rid ON public.code_index USING btree (rid)"
    await store.connection.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'code_index_rid'::regclass"
    )
    await load_indexes.make(store.connection, "code_index_rid", definition, 64)
    assert await store.connection.fetchval(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'code_index_rid'::regclass"
    )
