"""The pull from a front-end database: what is new, once, in order, and nothing written."""

import json
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from exchange.cli import app
from exchange.inbound.front_end import Mark, PullError, Source, batches, front_end, mark_from_json

BY_TIME = Source("DC_X", ("yjlxh",), "gxsj")


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "front.db"
    with sqlite3.connect(path) as opened:
        opened.execute(
            "CREATE TABLE DC_X (yjlxh INTEGER PRIMARY KEY, gxsj DATETIME, xgbz TEXT, yljgdm TEXT, patid TEXT,"
            " hzxm TEXT)"
        )
        rows = [
            (n, f"2024-03-05 10:0{n // 3}:00.000000", str(n % 2), "H009", f"P{n}", f"患者{n}")
            for n in range(9)
        ]
        opened.executemany("INSERT INTO DC_X VALUES (?, ?, ?, ?, ?, ?)", rows)
    return f"sqlite:///{path}"


def taken(database: str, source: Source, mark: Mark | None, size: int) -> tuple[list[str], Mark | None]:
    keys: list[str] = []
    with front_end(database) as connection:
        for rows, reached in batches(connection, source, mark, size):
            keys += [row.values["yjlxh"] for row in rows]
            mark = mark_from_json(reached.to_json())
    return keys, mark


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_every_row_once_whatever_the_batch(database: str, size: int) -> None:
    keys, mark = taken(database, BY_TIME, None, size)
    assert keys == [str(n) for n in range(9)]
    assert taken(database, BY_TIME, mark, size)[0] == []


def test_it_goes_on_where_it_stood(database: str) -> None:
    with front_end(database) as connection:
        _, mark = next(batches(connection, BY_TIME, None, 4))
    assert taken(database, BY_TIME, mark, 3)[0] == ["4", "5", "6", "7", "8"]
    with sqlite3.connect(database.removeprefix("sqlite:///")) as opened:
        opened.execute("UPDATE DC_X SET gxsj = '2024-03-06 09:00:00.000000' WHERE yjlxh = 0")
    assert taken(database, BY_TIME, mark, 3)[0][-1] == "0", "what was changed comes again"


def test_by_flag(database: str) -> None:
    assert taken(database, Source("DC_X", ("yjlxh",), flag=("xgbz", "1")), None, 2)[0] == ["1", "3", "5", "7"]


def test_nothing_can_be_written(database: str) -> None:
    with pytest.raises(PullError), front_end(database) as connection:
        connection.execute(text("DELETE FROM DC_X"))
    assert len(taken(database, BY_TIME, None, 9)[0]) == 9


@pytest.mark.parametrize(
    "source", [Source("NOTHING", ("a",)), Source("DC_X", ("nothing",)), Source("DC_X", ())]
)
def test_what_is_not_there_is_told(database: str, source: Source) -> None:
    with pytest.raises(PullError):
        taken(database, source, None, 1)


def test_the_command(database: str, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    asked = ["pull", database, "DC_X", "--key", "yjlxh", "--modified", "gxsj", "--state", str(state)]
    first = CliRunner().invoke(app, asked)
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert first.exit_code == 0
    assert len(lines) == 9
    assert lines[3]["bundle"]["entry"][0]["resource"]["resourceType"]
    assert CliRunner().invoke(app, asked).stdout == ""
    wrong = CliRunner().invoke(app, [*asked[:2], "NOTHING", *asked[3:]])
    assert wrong.exit_code == 2
