"""The inbox and its quarantine from the command line."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from exchange.cli import app
from exchange.inbound.envelope import sealed
from exchange.inbound.inbox import KEEP, row_of
from tests.exchange.inbound.conftest import HOSPITALS
from tests.exchange.inbound.senders import message

Yilian = Callable[..., Result]
SECRET = "欧阳测试"


@pytest.fixture
def yilian(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Yilian:
    monkeypatch.setenv("YILIAN_DATABASE_URL", database_url)
    monkeypatch.setenv("YILIAN_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments)])

    return run


@pytest.fixture
def refused(database_url: str) -> int:
    """The number of a message that is quarantined, for its event is not supported."""

    async def keep() -> int:
        connection = await asyncpg.connect(database_url)
        envelope = sealed(message("c1", name=SECRET, f9="ADT^A99"), "mllp", None, HOSPITALS)
        columns = [[value] for value in row_of(envelope, datetime(2026, 1, 1, tzinfo=UTC))]
        [kept] = await connection.fetch(KEEP, *columns, None)
        await connection.close()
        return int(kept["id"])

    return asyncio.run(keep())


def test_what_is_shown_is_not_what_it_says(yilian: Yilian, refused: int) -> None:
    [listed] = [json.loads(line) for line in yilian("quarantine", "list", "--json").stdout.splitlines()]
    assert (listed["id"], listed["hospital"], listed["message_type"]) == (refused, "h1", "ADT^A99")
    assert listed["issues"][0]["address"] == "MSH-9.2"
    assert "MSH-9.2" in yilian("quarantine", "list", "--hospital", "h1").stdout
    assert yilian("quarantine", "list", "--hospital", "h2", "--json").stdout == ""
    shown = yilian("quarantine", "show", refused).stdout
    assert "MSH-9.2: supported events" in shown
    assert SECRET not in shown + yilian("inbox", "show", refused, "--json").stdout
    assert SECRET in yilian("inbox", "show", refused, "--raw").stdout
    assert "decision" in yilian("inbox", "show", refused).stdout


def test_a_message_is_corrected_discarded_and_restored(yilian: Yilian, refused: int, tmp_path: Path) -> None:
    assert "is discarded" in yilian("quarantine", "discard", refused, "--reason", "a test").stdout
    assert "is quarantined again" in yilian("quarantine", "restore", refused, "--reason", "no test").stdout
    edited = yilian("quarantine", "edit", refused, "--set", "MSH-9.2=A04", "--reason", "the event")
    assert edited.stdout.startswith("message ")
    copy = int(edited.stdout.split()[1])
    told = json.loads(yilian("inbox", "show", copy, "--json").stdout)
    assert (told["state"], told["message_type"], told["original"]) == ("received", "ADT^A04", refused)
    again = yilian("quarantine", "edit", refused, "--set", "MSH-9.2=A08", "--reason", "the event")
    assert (again.exit_code, again.stderr) == (
        2, f"yilian: message {refused} was corrected already: go on with its copy\n")  # fmt: skip
    counts = [json.loads(line) for line in yilian("inbox", "--json").stdout.splitlines()]
    assert {(each["state"], each["number"]) for each in counts if each["kind"] == "count"} == {
        ("resent", 1), ("received", 1)}  # fmt: skip
    assert "resent" in yilian("inbox", "--hospital", "h1").stdout


def test_a_file_can_be_the_copy(yilian: Yilian, refused: int, tmp_path: Path) -> None:
    file = tmp_path / "copy.hl7"
    file.write_bytes(message("c1", name=SECRET))
    assert yilian("quarantine", "edit", refused, "--file", file, "--reason", "all of it").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("inbox", "show", 99), "there is no message 99"),
        (("quarantine", "show", 99, "--raw"), "there is no message 99"),
        (("quarantine", "discard", 99, "--reason", "x"), "there is no message 99"),
        (("quarantine", "discard", 99, "--reason", " "), "--reason says why"),
        (("quarantine", "edit", 99, "--reason", "x", "--set", "PID-8"), "--set takes ADDRESS=VALUE"),
        (("quarantine", "edit", 99, "--reason", "x", "--set", "PID-8=F"), "there is no message 99"),
        (("quarantine", "edit", 99, "--reason", "x", "--file", "/does/not/exist"), "No such file"),
        (("quarantine", "edit", 9, "--reason", "x", "--file", "f", "--set", "PID-8=F"), "not both"),
        (("replay", "--resume", 99), "there is no replay 99"),
    ],
)
def test_what_cannot_be_done_is_one_line(yilian: Yilian, arguments: tuple[object, ...], told: str) -> None:
    result = yilian(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("yilian: ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
