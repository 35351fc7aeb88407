"""Loads as a whole: what stands in the store afterwards, and what is told."""

import asyncio
import bz2
import gzip
import json
from typing import Any

import pytest

from exchange.loading import chunks as chunks_module
from exchange.loading.run import BeingLoaded, Tally
from tests.exchange.loading.conftest import Store
from tests.exchange.loading.test_entries import NPI, bundle, observation, practitioner

Resource = dict[str, Any]


async def test_loading_again_changes_nothing(store: Store) -> None:
    """Also with a reference to what stands in a later file, and with numbers as they were written."""
    value = observation("o1", "Patient/p", f"Practitioner?identifier={NPI}|9999")
    store.put("a.json", bundle({"resourceType": "Patient", "id": "p"}, value))
    store.put("b.json", bundle(practitioner(), kind="batch"))
    precise = store.folder / "c.ndjson"
    precise.write_bytes(
        b'{"resourceType":"Observation","id":"o2","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.10}}\n'
    )
    first = await store.load()
    assert (first.resources, first.files, first.created, store.findings) == (4, 3, 4, [])
    assert (await store.body("o1"))["performer"] == [{"reference": "Practitioner/p1"}]
    assert str((await store.body("o2"))["valueQuantity"]["value"]) == "1.10"
    again = await store.load()
    assert (again.resources, again.unchanged, again.earlier) == (4, 4, 0)
    assert await store.connection.fetchval("SELECT max(version) FROM resource") == 1
    assert await store.connection.fetchval("SELECT count(*) FROM load WHERE finished IS NOT NULL") == 3


async def test_what_is_new_in_a_file_becomes_a_version(store: Store) -> None:
    store.put("a.ndjson", observation("o1", "Patient/p"), observation("o2", "Patient/p"))
    await store.load()
    store.put("a.ndjson", observation("o1", "Patient/q"), observation("o2", "Patient/p"), practitioner())
    tally = await store.load()
    assert (tally.created, tally.updated, tally.unchanged) == (1, 1, 1)
    assert (await store.body("o1"))["meta"]["versionId"] == "2"
    rows = await store.connection.fetch("SELECT version, type IS NOT NULL AS typed FROM history")
    assert [tuple(row) for row in rows] == [(1, True)]
    patients = await store.connection.fetchval("SELECT count(DISTINCT patient) FROM resource_index")
    assert patients == 2


async def test_what_stands_in_the_store_already_is_found(store: Store) -> None:
    """By references of a Bundle and of a line, also to what only a later line brings."""
    earlier = store.put("a.json", practitioner("p7", "7"))
    await store.load()
    earlier.unlink()
    store.put("b.json", bundle(observation("o", "Patient/p", f"Practitioner?identifier={NPI}|7")))
    store.put(
        "c.ndjson.gz",
        observation("l", "Patient/p", f"Practitioner?identifier={NPI}|8"),
        practitioner("p8", "8"),
    )
    packed = store.folder / "c.ndjson.gz"
    packed.write_bytes(gzip.compress(packed.read_bytes()))
    store.put("d.ndjson", observation("m", "Patient/p", f"Practitioner?identifier={NPI}|9"))
    store.put("e.ndjson", practitioner("p9", "9"))
    tally = await store.load()
    assert (tally.findings, tally.created) == (0, 5)
    assert (await store.body("l"))["performer"] == [{"reference": "Practitioner/p8"}]
    assert (await store.body("o"))["performer"] == [{"reference": "Practitioner/p7"}]
    assert (await store.body("m"))["performer"] == [{"reference": "Practitioner/p9"}]


async def test_of_a_transaction_all_is_stored_or_nothing(store: Store) -> None:
    broken = {**observation("o", "Patient/p"), "status": "nonsense"}
    store.put("a.json", bundle({"resourceType": "Patient", "id": "p"}, broken))
    store.put("b.json", bundle({"resourceType": "Patient", "id": "q"}, broken, kind="batch"))
    tally = await store.load()
    assert (tally.resources, tally.rejected) == (1, 3)
    assert (await store.body("q"))["resourceType"] == "Patient"
    told = store.told()
    assert told[0].startswith("a.json: Bundle.entry[1].resource.status: ")
    assert told[1] == "a.json: Bundle: none of its 2 entries is stored"
    assert told[2].startswith("b.json: Bundle.entry[1].resource.status: ")


async def test_what_cannot_be_read_is_reported_and_the_rest_loaded(store: Store) -> None:
    (store.folder / "a.json.gz").write_bytes(gzip.compress(b'{"resourceType":"Patient"}')[:-9])
    (store.folder / "b.ndjson.bz2").write_bytes(b"no bzip2")
    (store.folder / "c.ndjson").write_bytes(
        b'\xef\xbb\xbf{"resourceType":"Patient","id":"p"}\r\n{"half":\n\xff\n\r\n[]\n'
        b'{"resourceType":"Patient","id":"n\\u0000"}\n'
        b'{"resourceType":"Patient","id":"m","active":1,"active":2}\n'
        b'{"resourceType":"Bogus","id":"b"}\n{"resourceType":"Patient","id":"a b"}\n'
        b'{"resourceType":"Patient"}'
    )
    store.put("d.json", observation("o", "Patient/p", "Nothing?identifier=a|b"))
    store.put("e.json", bundle(practitioner("p1", "5"), practitioner("p2", "5"), kind="batch"))
    store.put("f.json", observation("f", "Patient/p", f"Practitioner?identifier={NPI}|5"))
    tally = await store.load()
    assert (tally.resources, tally.files) == (4, 6)
    places = sorted((name, finding.line) for name, finding in store.findings)
    lines = [("c.ndjson", line) for line in (2, 3, 5, 6, 7, 8, 9)]
    assert places == [("a.json.gz", 0), ("b.ndjson.bz2", 0), *lines, ("d.json", 0), ("f.json", 0)]
    assert tally.findings == len(places)


async def test_findings_quote_their_lines_if_wanted(store: Store) -> None:
    (store.folder / "a.ndjson").write_bytes(b'\n{"half":\n{"NUL":"\0\xff\\ud800"}\n')
    await store.load(with_text=True)
    (_, finding), (_, other) = store.findings
    assert (finding.line, finding.text) == (2, '{"half":')
    assert finding.report("a")["text"] == '{"half":'
    assert other.text == '{"NUL":"\ufffd\ufffd\\ud800"}'


def _twice(store: Store) -> None:
    others = [observation(f"o{number}", "Patient/p") for number in range(20)]
    twice = [
        {**observation("twice", "Patient/p"), "issued": f"2026-01-0{day}T00:00:00Z"} for day in (1, 2, 3)
    ]
    store.put("a.ndjson", twice[0], *others[:10], twice[1], *others[10:])
    store.put("b.ndjson", twice[2])


@pytest.mark.parametrize("size", [200, 1 << 20])
async def test_of_what_stands_twice_the_later_is_stored(
    store: Store, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """In one chunk, in several, in several files; and it stays so."""
    monkeypatch.setattr(chunks_module, "CHUNK_BYTES", size)
    _twice(store)
    await store.load()
    version = await store.connection.fetchval("SELECT version FROM resource WHERE id = 'twice'")
    assert {finding.issue.code for _, finding in store.findings} == {"duplicate"}
    again = await store.load()
    assert again.updated == 0
    assert (await store.body("twice"))["issued"] == "2026-01-03T00:00:00Z"
    assert await store.connection.fetchval("SELECT version FROM resource WHERE id = 'twice'") == version


async def test_the_later_is_stored_whoever_is_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes store side by side, in any order."""
    monkeypatch.setattr(chunks_module, "CHUNK_BYTES", 200)
    _twice(store)
    await store.load(number=2)
    assert (await store.body("twice"))["issued"] == "2026-01-03T00:00:00Z"


async def test_a_load_goes_on_where_it_was_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "CHUNK_BYTES", 2000)
    lines = [json.dumps(observation(f"o{number}", "Patient/p")) for number in range(200)]
    lines[3] = "{"
    (store.folder / "a.ndjson.bz2").write_bytes(bz2.compress("\n".join(lines).encode()))
    stopped = await _stopped_after_some(store)
    assert not stopped.complete
    assert 0 < stopped.created < 199
    monkeypatch.setattr(chunks_module, "CHUNK_BYTES", 3000)
    rest = await store.load()
    assert rest.complete
    assert (rest.earlier, rest.created) == (stopped.created, 199 - stopped.created)
    assert store.told()[0].startswith("a.ndjson.bz2:4: ")
    assert await store.connection.fetchval("SELECT count(*) FROM resource") == 199


async def _stopped_after_some(store: Store) -> Tally:
    stop = asyncio.Event()

    async def watch() -> None:
        while not await store.connection.fetchval("SELECT count(*), pg_sleep(0.005) FROM load_chunk"):
            pass
        stop.set()

    tally, _ = await asyncio.gather(store.load(stop=stop), watch())
    return tally


async def test_a_file_is_loaded_once_at_a_time(store: Store) -> None:
    store.put("a.ndjson", practitioner())
    first, second = await asyncio.gather(store.load(), store.load(), return_exceptions=True)
    assert sorted(type(each).__name__ for each in (first, second)) == ["BeingLoaded", "Tally"]
    assert BeingLoaded.__doc__


async def test_very_long_lines_are_loaded_and_too_long_strings_are_not(store: Store) -> None:
    data = {"resourceType": "Binary", "id": "long", "contentType": "text/plain", "data": "QUJD" * (3 << 20)}
    text = {**observation("text", "Patient/p"), "note": [{"text": "长" * (4 << 20)}]}
    store.put("a.ndjson", practitioner(), data, text, practitioner("p2"))
    tally = await store.load()
    assert (tally.created, tally.rejected) == (3, 1)
    assert store.told()[0].startswith("a.ndjson:3: Observation.note[0].text: ")
    assert len((await store.body("long"))["data"]) == 12 << 20


async def test_what_was_deleted_comes_back(store: Store) -> None:
    store.put("a.ndjson", practitioner())
    await store.load()
    await store.connection.execute("UPDATE resource SET body = NULL, version = 2, updated = now()")
    await store.connection.execute("DELETE FROM resource_index")
    assert (await store.load()).created == 1
    assert (await store.body("p1"))["meta"]["versionId"] == "3"
