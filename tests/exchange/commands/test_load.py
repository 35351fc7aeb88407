"""`yilian load` as a person runs it: kills, Ctrl-C, what is printed."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from exchange.cli import app

LINES = 6_000
Counted = Callable[[str], int]


@pytest.fixture
def counted(database_url: str) -> Counted:
    """The answer to a query."""

    async def ask(query: str) -> int:
        connection = await asyncpg.connect(database_url)
        try:
            return int(await connection.fetchval(query))
        finally:
            await connection.close()

    return lambda query: asyncio.run(ask(query))


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "YILIAN_DATABASE_URL": database_url, "YILIAN_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lines.ndjson"
    filler = "x" * 2000
    with path.open("w") as lines:
        for n in range(LINES):
            lines.write(
                json.dumps(
                    {
                        "resourceType": "Observation",
                        "id": f"o{n}",
                        "status": "final",
                        "code": {"coding": [{"system": "http://loinc.org", "code": f"{n % 50}-1"}]},
                        "subject": {"reference": f"Patient/p{n % 97}"},
                        "effectiveDateTime": "2026-01-05",
                        "note": [{"text": filler}],
                    }
                )
                + "\n"
            )
    return path


def started(environment: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "exchange.cli", "load", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    told, said = process.communicate(timeout=120)
    assert told, said
    report: dict[str, Any] = json.loads(told)
    return report


def after_some(counted: Counted, process: subprocess.Popen[str]) -> None:
    """Wait until a chunk is stored."""
    deadline = time.monotonic() + 120
    while not counted("SELECT count(*) FROM load_chunk"):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_killed_load_goes_on(environment: dict[str, str], file: Path, counted: Counted) -> None:
    """Nothing is there twice, no index is missing."""
    indexes = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'"
    before = counted(indexes)
    process = started(environment, "--workers", "1", "--indexes", "rebuild", file)
    after_some(counted, process)
    process.kill()
    process.communicate()
    report = ended(started(environment, "--json", "--workers", "1", file))
    assert (report["complete"], report["finding_count"]) == (True, 0)
    assert report["earlier"] > 0
    assert report["earlier"] + report["resources"] == LINES
    assert counted("SELECT count(*) FROM resource WHERE version = 1") == LINES
    assert counted("SELECT count(DISTINCT rid) FROM resource_index") == LINES
    assert counted("SELECT count(*) FROM code_index") == LINES
    assert counted(indexes) == before


def test_ctrl_c_lets_chunks_be_finished(environment: dict[str, str], file: Path, counted: Counted) -> None:
    process = started(environment, "--json", "--workers", "1", file)
    after_some(counted, process)
    process.send_signal(signal.SIGINT)
    report = ended(process)
    assert process.returncode == (0 if report["complete"] else 130)
    assert counted("SELECT count(*) FROM resource") == report["created"]
    assert counted("SELECT sum(created) FROM load_chunk") == report["created"]


def test_what_is_rejected_is_told_and_kept(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("YILIAN_DATABASE_URL", database_url)
    file, rejects = tmp_path / "a.ndjson", tmp_path / "rejects.ndjson"
    bad = '{"resourceType":"Patient","id":"x","gender":"none"}'
    file.write_text("\n".join(['{"resourceType":"Patient","id":"p"}', *[bad] * 150]))
    arguments = ["load", "--workers", "1", "--rejects", str(rejects), "--quote", str(file)]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 1
    assert re.search(r"a\.ndjson:2: Patient\.gender: ", told.stderr)
    assert "… and 50 more findings; --rejects FILE has all" in told.stderr
    assert told.stdout.startswith("1 resources, 1 files, ")
    kept = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [one["line"] for one in kept] == list(range(2, 152))
    assert kept[0]["text"] == bad
    assert kept[0]["expression"] == "Patient.gender"


def test_a_load_into_a_database_of_its_own_ends(tmp_path: Path) -> None:
    """The database waits for the sessions of the workers: they must end before it."""
    file = tmp_path / "p.ndjson"
    file.write_text('{"resourceType":"Patient","id":"a"}\n')
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YILIAN_")}
    done = subprocess.run(
        [sys.executable, "-m", "exchange.cli", "load", str(file)],
        env=environment | {"YILIAN_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.partition(",")[0]) == (0, "1 resources"), done.stderr
