"""`yilian mpi` on the index: train, look, activate, refresh, decide anew; faults are told in a line."""

import asyncio
import random
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from exchange.cli import app
from exchange.first_load import rescoring
from mpi.online_model import online_model_from_json
from mpi.store import resolve_all
from terminology.naming import identify
from tests.mpi.people import at, record, valid_id

RECORDS = 1200


@pytest.fixture
def filled(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An index of residents with three records each."""
    monkeypatch.setenv("YILIAN_DATABASE_URL", database_url)
    choose = random.Random(1)
    names = [f"{one}{other}" for one in "王李张刘陈杨" for other in "伟芳娜敏静丽强磊"]
    told = []
    for number in range(RECORDS // 3):
        born = f"19{choose.randint(30, 99)}-{choose.randint(1, 12):02}-{choose.randint(1, 28):02}"
        facts: dict[str, Any] = {
            "name": choose.choice(names),
            "birth_date": born,
            "citizen": valid_id(born, choose.randrange(1, 999, 2)),
            "telecom": [{"system": "phone", "value": f"139{number:08}"}],
        }
        told += [record(f"{number}-{visit}", hospital=f"h{visit}", **facts) for visit in range(3)]

    async def fill() -> None:
        connection = await asyncpg.connect(database_url)
        async with connection.transaction():
            await resolve_all(connection, told, at(0), identify)
        await connection.close()

    asyncio.run(fill())
    return database_url


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["mpi", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_train_activate_refresh_and_decide_anew(filled: str) -> None:
    code, out, _ = run("train", "--population", "400")
    digest = out.partition(":")[0]
    assert code == 0
    assert f"{RECORDS} records" in out
    assert run("models")[1].startswith(f"  {digest}")
    assert run("refresh")[0] == 2  # nobody has activated one: a refresh must not
    assert run("activate", digest, "--reason", "looks right")[0] == 0
    assert run("models")[1].startswith(f"* {digest}")
    assert run("refresh")[0] == 0
    code, _, err = run("relink")
    assert code == 0, err
    assert f"{RECORDS} records, 0 persons to join, 0 to part" in err


def test_one_can_go_back_to_the_model_set_by_hand(filled: str) -> None:
    assert run("models") == (0, "", "the model set by hand decides (by-hand)\n")
    digest = run("train", "--population", "400")[1].partition(":")[0]
    for name in (digest, "by-hand"):
        assert run("activate", name, "--reason", "tried")[0] == 0
    marked = [line for line in run("models")[1].splitlines() if line.startswith("*")]
    assert len(marked) == 1
    assert digest not in marked[0]
    assert "0 records" in marked[0]


def test_a_model_is_told_before_it_is_activated(filled: str, tmp_path: Path) -> None:
    digest = run("train", "--population", "400")[1].partition(":")[0]
    code, out, _ = run("report", digest, "--document", str(tmp_path / "model.json"))
    assert code == 0
    assert out.startswith(f"model {digest}; set by hand decides")
    assert "prior" in out
    assert f"{digest}, by citizen ids: pairs of one person" in out
    assert "set by hand, by what humans said: pairs of one person 0 " in out
    model = online_model_from_json((tmp_path / "model.json").read_bytes())
    assert model.trained_on == RECORDS
    assert run("report")[1].startswith("model set by hand; set by hand decides")


def test_processes_decide_the_same(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring, "FEW", 0)
    code, _, err = run("relink", "--workers", "1")
    assert code == 0, err
    assert f"{RECORDS} records, 0 persons to join, 0 to part" in err


def test_what_cannot_be_is_told_in_a_line(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YILIAN_DATABASE_URL", database_url)
    for arguments, told in (
        (("activate", "none"), "there is no model none"),
        (("report", "none"), "there is no model none"),
        (("refresh",), "no model is active"),
        (("train",), "0 records are too few"),
        (("train", "--out", "x"), "--columns and --out are for files"),
        (("train", "file.csv"), "files need --columns and --out"),
    ):
        code, _, err = run(*arguments)
        assert code == 2
        assert told in err
        assert len(err.strip().splitlines()) == 1
