"""What `yilian load` makes of files, and of references in them."""

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from exchange.commands.loading import files as files_module
from exchange.commands.loading.entries import asked, declared, document_of, identities, key_of, link
from exchange.commands.loading.files import files_of, units_of
from exchange.commands.loading.preparation import read
from exchange.commands.loading.run import Tally, load_files
from exchange.commands.refused import Refused
from exchange.fhirjson import loads
from exchange.search.criteria import search_of
from exchange.search.extract import compile_extraction
from exchange.store.packing import unpack
from profiles.definitions import definitions

BASE = "http://127.0.0.1:8080/fhir"
NPI = "http://hl7.org/fhir/sid/us-npi"

Resource = dict[str, Any]


def practitioner(number: str = "p1", npi: str = "9999") -> Resource:
    return {"resourceType": "Practitioner", "id": number, "identifier": [{"system": NPI, "value": npi}]}


def bundle(*resources: Resource, kind: str = "transaction") -> Resource:
    entries = [
        {
            "fullUrl": f"urn:uuid:00000000-0000-0000-0000-{number:012}",
            "resource": resource,
            "request": {"method": "POST", "url": resource["resourceType"]},
        }
        for number, resource in enumerate(resources, 1)
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def observation(number: str, patient: str, performer: str = "") -> Resource:
    made: Resource = {
        "resourceType": "Observation",
        "id": number,
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": patient},
        "effectiveDateTime": "2026-01-05",
    }
    if performer:
        made["performer"] = [{"reference": performer}]
    return made


FIRST = "urn:uuid:00000000-0000-0000-0000-000000000001"


def test_files_are_sorted_and_taken_once(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    for name in ("b.json", "a.ndjson.gz", "c.JSON.bz2", "d.jsonl", "notes.txt", "e.json.zip"):
        (folder / name).write_bytes(b"")
    named = folder / "notes.txt"
    found = files_of([tmp_path, named, folder / "b.json"])
    assert [path.name for path in found] == ["a.ndjson.gz", "b.json", "c.JSON.bz2", "d.jsonl", "notes.txt"]
    with pytest.raises(Refused, match="does not exist"):
        files_of([tmp_path / "missing"])


def test_lines_come_in_chunks_with_their_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "CHUNK_BYTES", 10)
    path = tmp_path / "lines.ndjson.gz"
    path.write_bytes(gzip.compress(b'{"a":1}\n' * 5))
    units = list(units_of(path))
    assert [unit.first_line for unit in units] == [1, 3, 5]
    assert [unit.ends_file for unit in units] == [False, False, True]
    assert b"".join(unit.raw or b"" for unit in units) == b'{"a":1}\n' * 5


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_ndjson_under_another_name_is_known(tmp_path: Path, pack: Any) -> None:
    path = tmp_path / {bytes: "a.json", gzip.compress: "a.json.gz"}.get(pack, "a.json.bz2")
    lines = [practitioner("p1"), {"resourceType": "Bogus"}, practitioner("p2")]
    path.write_bytes(pack(b"\n".join(json.dumps(line).encode() for line in lines) + b"\nno json\n"))
    reading = read(next(iter(units_of(path))))
    places = [entry.place for document in reading.documents for entry in document.entries if not entry.issues]
    assert places == ["line 1", "line 3"]
    assert [finding.place for finding in reading.findings] == ["line 4"]


def test_an_entry_gets_an_id_that_stays() -> None:
    first, second, third = (
        {"resourceType": "Patient"},
        {"resourceType": "Patient", "id": "kept"},
        {"resourceType": "Patient", "gender": "male"},
    )
    carrier = bundle(first, second)
    carrier["entry"][1]["request"] = {"method": "PUT", "url": "Patient/kept"}
    names = [entry.name for entry in document_of(carrier, "").entries]
    assert names == ["Patient/00000000-0000-0000-0000-000000000001", "Patient/kept"]
    alone = document_of(dict(third), "").entries[0].name
    assert alone == document_of(dict(third), "").entries[0].name != document_of({**third, "active": True}, "")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"request": {"method": "DELETE", "url": "Patient/1"}}, "no resource"),
        ({"resource": {"resourceType": "Patient"}, "request": {"method": "PATCH"}}, "PATCH"),
        ({"resource": {"resourceType": "Nobody"}}, "none of R4"),
        ({"resource": {"resourceType": "Patient", "id": "a/b"}}, "no FHIR id"),
        ({"resource": {"resourceType": ["Patient"]}}, "none of R4"),
        ("entry", "no resource"),
    ],
)
def test_entries_that_cannot_be_loaded_say_why(entry: Any, reason: str) -> None:
    document = document_of({"resourceType": "Bundle", "type": "batch", "entry": [entry]}, "line 3")
    assert document.entries[0].place == "line 3, entry 1"
    assert reason in document.entries[0].issues[0].diagnostics


def test_documents_and_outcomes_are_not_taken_apart() -> None:
    document = document_of({**bundle(practitioner()), "type": "document", "id": "d"}, "")
    assert [entry.name for entry in document.entries] == ["Bundle/d"]
    searchset = bundle(practitioner(), {"resourceType": "OperationOutcome"}, kind="searchset")
    searchset["entry"][1]["search"] = {"mode": "outcome"}
    assert [entry.name for entry in document_of(searchset, "").entries] == ["Practitioner/p1"]


def test_references_name_what_the_hub_stores() -> None:
    conditional = f"Practitioner?identifier={NPI}|9999"
    carrier = bundle({"resourceType": "Patient", "id": "p"}, observation("o", FIRST, conditional))
    carrier["entry"][1]["resource"]["contained"] = [
        {"resourceType": "Group", "member": [{"entity": {"reference": FIRST}}]}
    ]
    document = document_of(carrier, "")
    assert asked(document) == {conditional}
    entry = document.entries[1]
    link(entry, identities(document), {conditional: "Practitioner/p1"})
    assert not entry.issues
    assert entry.resource["subject"]["reference"] == "Patient/p"
    assert entry.resource["performer"][0]["reference"] == "Practitioner/p1"
    assert entry.resource["contained"][0]["member"][0]["entity"]["reference"] == "Patient/p"


def test_references_to_nothing_are_findings() -> None:
    document = document_of(observation("o", "urn:uuid:x", "Practitioner?identifier=a|b"), "")
    link(document.entries[0], {}, {})
    assert len(document.entries[0].issues) == 2


def test_an_identifier_is_known_under_every_name_of_its_system() -> None:
    oid = "2.16.156.10011.1.3"
    citizen = {
        "resourceType": "Patient",
        "id": "c",
        "identifier": [{"system": f"urn:oid:{oid}", "value": "7"}],
    }
    ((key, name),) = declared(document_of(citizen, ""))
    assert name == "Patient/c"
    assert key == key_of(f"Patient?identifier={oid}|7") == key_of(f"Patient?identifier=urn%3Aoid%3A{oid}%7C7")
    assert key_of("Patient?name=x") is None
    assert key_of("Patient?identifier=7") is None
    assert key_of("Patient/7") is None


class Store:
    """`load_files` over a database of the test's own."""

    def __init__(self, pool: asyncpg.Pool, folder: Path) -> None:
        self.pool, self.folder = pool, folder
        self.search = search_of(compile_extraction(definitions(), BASE))

    def put(self, name: str, *documents: Any) -> Path:
        path = self.folder / name
        path.write_bytes(b"\n".join(json.dumps(document).encode() for document in documents))
        return path

    async def load(self) -> Tally:
        return await load_files(self.pool, self.search, BASE, files_of([self.folder]), 2, lambda tally: None)

    async def body(self, id_: str) -> Resource:
        return loads(unpack(await self.pool.fetchval("SELECT body FROM resource WHERE id = $1", id_)))


@pytest.fixture
def store(pool: asyncpg.Pool, tmp_path: Path) -> Store:
    return Store(pool, tmp_path)


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
    assert (first.resources, first.files, first.statuses["created"], first.findings) == (4, 3, 4, [])
    assert (await store.body("o1"))["performer"] == [{"reference": "Practitioner/p1"}]
    assert str((await store.body("o2"))["valueQuantity"]["value"]) == "1.10"
    again = await store.load()
    assert (again.resources, again.statuses["unchanged"]) == (4, 4)
    assert await store.pool.fetchval("SELECT max(version) FROM resource") == 1


async def test_what_stands_in_the_store_already_is_found(store: Store) -> None:
    earlier = store.put("a.json", practitioner("p7", "7"))
    await store.load()
    earlier.unlink()
    store.put("b.json", bundle(observation("o", "Patient/p", f"Practitioner?identifier={NPI}|7")))
    assert (await store.load()).findings == []
    assert (await store.body("o"))["performer"] == [{"reference": "Practitioner/p7"}]


async def test_of_a_transaction_all_is_stored_or_nothing(store: Store) -> None:
    broken = {**observation("o", "Patient/p"), "status": "nonsense"}
    store.put("a.json", bundle({"resourceType": "Patient", "id": "p"}, broken))
    store.put("b.json", bundle({"resourceType": "Patient", "id": "q"}, broken, kind="batch"))
    tally = await store.load()
    assert tally.resources == 1
    assert (await store.body("q"))["resourceType"] == "Patient"
    said = [str(finding).removeprefix(f"{store.folder}/") for finding in tally.findings]
    assert said[0].startswith("a.json:entry 2: Observation.status: ")
    assert said[1] == "a.json:transaction: none of its 2 entries is stored"
    assert said[2].startswith("b.json:entry 2: Observation.status: ")


async def test_what_cannot_be_read_is_reported_and_the_rest_loaded(store: Store) -> None:
    (store.folder / "a.json.gz").write_bytes(gzip.compress(b'{"resourceType":"Patient"}')[:-9])
    (store.folder / "b.ndjson.bz2").write_bytes(b"no bzip2")
    (store.folder / "c.ndjson").write_bytes(b'{"resourceType":"Patient","id":"p"}\n{"half":\n\xff\n[]\n')
    unknown = observation("o", "Patient/p", "Nothing?identifier=a|b")
    store.put("d.json", unknown)
    store.put("e.json", bundle(practitioner("p1", "5"), practitioner("p2", "5"), kind="batch"))
    store.put("f.json", observation("f", "Patient/p", f"Practitioner?identifier={NPI}|5"))
    tally = await store.load()
    assert (tally.resources, tally.files) == (3, 6)
    places = sorted((finding.path.name, finding.place) for finding in tally.findings)
    assert places == [
        ("a.json.gz", ""),
        ("b.ndjson.bz2", ""),
        ("c.ndjson", "line 2"),
        ("c.ndjson", "line 3"),
        ("c.ndjson", "line 4"),
        ("d.json", ""),
        ("f.json", ""),
    ]


async def test_a_resource_that_stands_twice_is_reported(store: Store) -> None:
    store.put(
        "a.ndjson",
        {"resourceType": "Patient", "id": "p"},
        {"resourceType": "Patient", "id": "p", "active": True},
    )
    tally = await store.load()
    assert tally.resources == 1
    assert [finding.issue.severity for finding in tally.findings] == ["warning"]
    assert (await store.body("p"))["active"] is True
