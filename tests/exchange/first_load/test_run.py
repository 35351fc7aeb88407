"""A first load as a person runs it: files, the store, again, into an index in use, and what is refused."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from exchange.cli import app
from exchange.loading.sources import Source
from mpi.first_load.staging import Piece, stage
from mpi.store import Record
from terminology.naming import identify
from tests.mpi.people import patient, record, tell, valid_id

LINKS = """
SELECT r.patient_id, r.source, p.enterprise_id FROM mpi_link l
JOIN mpi_record r USING (record) JOIN mpi_person p USING (person)
WHERE l.valid_to IS NULL AND l.recorded_to IS NULL
"""
SHOWN = "SELECT r.id FROM resource r JOIN mpi_person p ON p.enterprise_id = r.id AND p.replaced_by IS NULL"
Run = Callable[..., Any]


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Run:
    environment = {"YILIAN_DATABASE_URL": database_url, "YILIAN_DATA_DIR": str(tmp_path / "data")}

    def yilian(*arguments: str, status: int = 0) -> Any:
        done = CliRunner(env=environment).invoke(app, [*arguments, "--workers", "1"])
        assert done.exit_code == status, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stderr

    return yilian


def written(path: Path, *patients: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in patients))
    return path


def asked(database_url: str, query: str) -> list[tuple[Any, ...]]:
    async def ask() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(database_url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_files_of_two_hospitals_and_again(run: Run, database_url: str, tmp_path: Path) -> None:
    shared = valid_id()
    one = written(
        tmp_path / "one.ndjson",
        patient("1", citizen=shared),
        {"resourceType": "Patient"},
        patient("2", name="李娜"),
        patient("1", citizen=shared, telecom=[{"system": "phone", "value": "13912345678"}]),
    )
    two = written(tmp_path / "two.ndjson", patient("1", hospital="h2", citizen=shared))
    told = run("mpi", "load", f"h1={one}", f"h2={two}", "--json", status=1)
    assert (told["patients"], told["persons"], told["finding_count"]) == (4, 2, 1)
    # What is told one by one writes its enterprise Patient itself.
    assert (told["told_one_by_one"], told["enterprise_patients"]) == (1, 1)
    rows = asked(database_url, LINKS)
    persons = {patient_id: person for patient_id, _, person in rows}
    assert persons["h1-1"] == persons["h2-1"] != persons["h1-2"]
    assert {source for _, source, _ in rows} == {"h1", "h2"}
    assert {id_ for (id_,) in asked(database_url, SHOWN)} == set(persons.values())
    assert asked(database_url, "SELECT count(*) FROM mpi_staged_chunk") == [(0,)]
    again = run("mpi", "load", f"h2={two}", "--json")
    assert (again["told_one_by_one"], again["persons"]) == (1, 0)
    assert asked(database_url, LINKS) == rows


def test_what_is_stored_into_an_index_in_use(run: Run, database_url: str, tmp_path: Path) -> None:
    async def told_before() -> str:
        connection = await asyncpg.connect(database_url)
        try:
            return (await tell(connection, record("9", hospital="h2", citizen=valid_id()))).enterprise_id
        finally:
            await connection.close()

    first = asyncio.run(told_before())
    path = written(tmp_path / "some.ndjson", patient("1", citizen=valid_id()), patient("2", name="李娜"))
    run("load", str(path))
    assert "--hospital" in run("mpi", "load", "--from-store", status=1)
    told = run("mpi", "load", "--from-store", "--hospital", "h1", "--json")
    assert (told["patients"], told["told_one_by_one"], told["nobodys"]) == (2, 2, 0)
    persons = {patient_id: person for patient_id, _, person in asked(database_url, LINKS)}
    assert persons["h1-1"] == first != persons["h1-2"]


def test_a_load_goes_on_where_it_ended(run: Run, database_url: str, tmp_path: Path) -> None:
    path = written(tmp_path / "some.ndjson", patient("1"), patient("2", name="李娜"))
    fingerprint = Source(path, path.stat().st_size).fingerprint()

    async def staged(*pieces: tuple[Piece, Record]) -> None:
        connection = await asyncpg.connect(database_url)
        for number, (piece, told) in enumerate(pieces):
            async with connection.transaction():
                await stage(connection, piece, [(number, told)], identify)
        await connection.close()

    # Of another file, so that all begins anew; then the piece is there, and is not read again.
    asyncio.run(staged((Piece(b"another", 0, 0), record("9"))))
    assert run("mpi", "load", f"h1={path}", "--json")["persons"] == 2
    asyncio.run(staged((Piece(b"h1" + fingerprint, 0, 0), record("7"))))
    told = run("mpi", "load", f"h1={path}", "--json")
    assert (told["patients"], told["told_one_by_one"]) == (1, 1)
    assert {id_ for id_, _, _ in asked(database_url, LINKS)} == {"h1-1", "h1-2", "h1-7"}


def test_what_is_refused(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "some.ndjson", patient("1"))
    for arguments, reason in (
        ((), "--from-store"),
        ((f"h1={path}", "--from-store"), "--from-store"),
        ((str(path),), "HOSPITAL=FILE"),
        (("h1=/nowhere.ndjson",), "does not exist"),
        ((f"h1={path}", "--hospital", "h1"), "--hospital"),
    ):
        assert reason in run("mpi", "load", *arguments, status=2)
