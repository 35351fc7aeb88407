"""`yilian codes`: the queue as a sheet and back, and how bad input ends."""

import asyncio
import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from exchange.cli import app
from exchange.database import SESSION
from exchange.local_codes import store
from exchange.local_codes.sighting import Companion, Key, Sighting
from exchange.local_codes.systems import Systems

SYSTEMS = Systems("https://yilian.example/fhir")
SYSTEM = f"{SYSTEMS.prefix}h1/PID-8"
GENDERS = "http://hl7.org/fhir/administrative-gender"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def queue(lasting_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two codes wait."""
    monkeypatch.setenv("YILIAN_DATABASE_URL", lasting_database)
    monkeypatch.setenv("YILIAN_DATA_DIR", str(tmp_path))

    async def fill() -> None:
        connection = await asyncpg.connect(lasting_database, server_settings=SESSION)
        await connection.execute("DELETE FROM local_code")
        met = [
            Sighting(Key(SYSTEM, "M1"), NOW, NOW, "male", ("Patient.gender",), "Patient/1", alone=1),
            Sighting(
                Key(SYSTEM, "F1"),
                NOW,
                NOW,
                "女",
                ("Patient.gender",),
                companion=Companion("urn:s", "f"),
                alone=1,
            ),
        ]
        await store.add(connection, SYSTEMS, met, NOW)
        await connection.close()

    asyncio.run(fill())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["codes", *arguments])


def test_a_sheet_goes_out_and_comes_back(queue: None, tmp_path: Path) -> None:
    listed = run("list", "--json")
    assert {json.loads(line)["sighting"]["display"] for line in listed.stdout.splitlines()} == {"male", "女"}
    sheet = tmp_path / "queue.csv"
    assert run("export", str(sheet), "--target", GENDERS).exit_code == 0
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    assert rows["M1"]["proposal_1"] == f"{GENDERS}|male Male"
    assert rows["F1"]["proposal_1_why"] == "the hospital sent it beside"
    rows["M1"] |= {"target_system": GENDERS, "target_code": "male"}
    rows["F1"] |= {"decision": "ignore", "comment": "test"}
    with sheet.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows["M1"]))
        writer.writeheader()
        writer.writerows(rows.values())
    rehearsed = run("upload", str(sheet), "--reviewer", "Li", "--dry-run")
    assert "|1: 1 added, 0 changed, 0 as before" in rehearsed.output
    assert "1 codes decided; 0 stored resources would be" in rehearsed.output


def test_what_is_wrong_with_lines_is_told(queue: None, tmp_path: Path) -> None:
    sheet = tmp_path / "bad.csv"
    sheet.write_text(f"system,code,target_system,target_code\n{SYSTEM},M1,{GENDERS},nobody\n")
    result = run("upload", str(sheet), "--reviewer", "Li")
    assert result.exit_code == 1
    assert "line 2, target_code: error:" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["upload", "nowhere.csv", "--reviewer", "Li"], "nowhere.csv does not exist"),
        (["export", "queue.txt"], "a sheet is a .csv or an .xlsx"),
        (["propose", "urn:x", "1", "--target", GENDERS], "1 was never met in urn:x"),
        (["export", "{}/queue.csv", "--target", "urn:none"], "urn:none"),
    ],
)
def test_bad_input_is_told_in_a_line(queue: None, tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run(*(each.format(tmp_path) for each in arguments))
    assert result.exit_code != 0
    assert said in f"{result.output}{result.exception}"
