"""The command line, each command as a person types it."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from typer.testing import CliRunner, Result

from adapters.hl7v2.batch import messages_of
from exchange.cli import app
from exchange.commands.ending import explanation
from exchange.demo.world import world

Yilian = Callable[..., Result]


@pytest.fixture
def yilian(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Yilian:
    """Runs a command on a database of the test's own."""
    monkeypatch.setenv("YILIAN_DATABASE_URL", database_url)
    monkeypatch.setenv("YILIAN_DATA_DIR", str(tmp_path / "data"))

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [*map(str, arguments)])

    return run


def test_a_client_is_added_listed_and_revoked(yilian: Yilian, tmp_path: Path) -> None:
    jwks = tmp_path / "keys.json"
    key = ECKey.generate_key("P-384", {"kid": "k1"}, private=True)
    jwks.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    added = yilian("client", "add", "lab", "--scope", "system/Observation.rs", "--scope", "system/hl7v2.c",
                   "--hospital", "H01", "--jwks", jwks)  # fmt: skip
    assert added.exit_code == 0
    assert yilian("client", "add", "reader").exit_code == 0
    assert yilian("client", "revoke", "reader").exit_code == 0
    listed = [json.loads(line) for line in yilian("client", "list", "--json").stdout.splitlines()]
    assert [one["id"] for one in listed] == ["lab", "reader"]
    assert listed[0]["scopes"] == ["system/Observation.rs", "system/hl7v2.c"]
    assert (listed[0]["hospital"], listed[0]["keys"], listed[0]["revoked"]) == ("h01", ["k1"], None)
    assert listed[1]["scopes"] == ["system/*.rs"]
    assert listed[1]["revoked"]
    assert "lab" in yilian("client", "list").stdout


def test_a_token_is_one_line_for_curl(yilian: Yilian) -> None:
    yilian("client", "add", "demo", "--scope", "system/*.cruds")
    told = yilian("token", "demo")
    assert told.exit_code == 0
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", told.stdout)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("token", "nobody"), "there is no client nobody"),
        (("client", "revoke", "nobody"), "there is no client nobody"),
        (("client", "add", "a b"), "A client's id has"),
        (("client", "add", "a", "--scope", "everything"), "is no scope of this hub"),
        (("client", "add", "a", "--scope", "system/Nothing.rs"), "R4 has no resource type Nothing"),
        (("client", "add", "a", "--jwks", "/does/not/exist"), "No such file or directory: /does/not/exist"),
        (("load", "/does/not/exist"), "/does/not/exist does not exist"),
        (("load", "tests/exchange/trust"), "there is no .json"),
        (("translate", "--from", "cda", "x.xml"), "x.xml is no file"),
        (("translate", "--from", "morse", "x.txt"), "--from morse is unknown"),
        (("translate", "--from", "hl7v2", "/does/not/exist"), "/does/not/exist is no file"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(
    yilian: Yilian, arguments: tuple[str, ...], told: str
) -> None:
    result = yilian(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("yilian: ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_client_cannot_be_added_twice_nor_with_a_private_key(yilian: Yilian, tmp_path: Path) -> None:
    assert yilian("client", "add", "demo").exit_code == 0
    assert yilian("client", "add", "demo").exit_code == 2
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps({"keys": [ECKey.generate_key("P-384", {"kid": "k"}).as_dict(private=True)]}))
    refused = yilian("client", "add", "other", "--jwks", jwks)
    assert refused.exit_code == 2
    assert "public" in refused.stderr


def test_a_wrong_setting_is_named(yilian: Yilian, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YILIAN_HTTP_PORT", "many")
    result = yilian("client", "list")
    assert result.exit_code == 2
    assert result.stderr.startswith("yilian: YILIAN_HTTP_PORT: ")


def test_a_database_that_is_not_there_is_one_line(yilian: Yilian, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YILIAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    result = yilian("token", "demo")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_loading_tells_what_it_did(yilian: Yilian, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.ndjson.gz").write_bytes(gzip.compress(b'{"resourceType":"Patient","id":"p1"}\n{"half\n'))
    told = yilian("load", folder)
    assert told.exit_code == 1
    assert re.search(r"^1 resources, 1 files, [\d.]+ s, \d+ resources/s$", told.stdout, re.MULTILINE)
    assert "a.ndjson.gz:2: " in told.stderr
    again = json.loads(yilian("load", "--json", folder).stdout)
    assert (again["resources"], again["unchanged"], again["created"]) == (1, 1, 0)
    assert again["findings"][0]["line"] == 2


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_translating_prints_one_line_a_message(yilian: Yilian, tmp_path: Path) -> None:
    made = world(1, 2, 3)
    for hospital in made.hospitals:
        (tmp_path / f"{hospital.code}.hl7").write_bytes(b"".join(made.messages[hospital.code]))
    result = yilian("translate", "--from", "hl7v2", *sorted(tmp_path.glob("*.hl7")))
    lines = _lines(result)
    assert result.exit_code == 0, result.stdout
    assert len(lines) == made.size
    assert lines[0].keys() == {"source", "bundle", "issues", "coverage"}
    assert lines[0]["source"].endswith("H01.hl7#1")
    assert lines[0]["coverage"].keys() == {"mapped", "ignored", "residue"}
    assert lines[0]["bundle"]["entry"][0]["request"]["method"] == "PUT"
    assert any(
        "Observation/" in entry["request"]["url"] for line in lines for entry in line["bundle"]["entry"]
    )


def test_the_sending_hospital_can_be_told(
    yilian: Yilian, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also its charset, of which the message says nothing."""
    hospitals = tmp_path / "hospitals"
    hospitals.mkdir()
    (hospitals / "other.yaml").write_text("id: other\nname: 另一家\ncharset: GB18030\n", "utf-8")
    monkeypatch.setenv("YILIAN_HOSPITALS", str(hospitals))
    made = world(1, 4, 20)
    silent = next(hospital for hospital in made.hospitals if not hospital.charset)
    file = tmp_path / "one.hl7"
    file.write_bytes(made.messages[silent.code][0])
    assert yilian("translate", "--from", "hl7v2", file).exit_code == 1
    (line,) = _lines(yilian("translate", "--from", "hl7v2", "--hospital", "other", file))
    assert line["issues"] == []
    assert line["source"] == str(file)
    text = json.dumps(line["bundle"], ensure_ascii=False)
    assert "/sid/other/" in text
    assert any(person.name in text for person in made.residents)


@pytest.mark.parametrize(
    "content",
    [b"", b"no message\r\n", b"MSH|^~\\&|\r", b"MSH|^~\\&|A|B|||20260101||ADT^A01|1|P|2.5\rPID|1\r"],
)
def test_what_cannot_be_translated_has_issues(yilian: Yilian, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.hl7"
    file.write_bytes(content)
    result = yilian("translate", "--from", "hl7v2", file)
    (line,) = _lines(result)
    assert result.exit_code == 1
    assert line["issues"]
    assert line["coverage"].keys() == {"mapped", "ignored", "residue"}


MESSAGE = b"MSH|^~\\&|A|B|||20260101||ADT^A01|1|P|2.5\rPID|1\r"


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (MESSAGE, 1),
        (MESSAGE.replace(b"\r", b"\n") * 3, 3),
        (MESSAGE.replace(b"\r", b"\r\n") + b"\r\n" + MESSAGE, 2),
        (b"\xef\xbb\xbf" + MESSAGE, 1),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + MESSAGE * 2 + b"BTS|2\rFTS|1\r", 2),
        (b"\x0b" + MESSAGE + b"\x1c\r\x0b" + MESSAGE + b"\x1c\r", 2),
        (b"a comment\r" + MESSAGE, 2),
        (b"", 1),
    ],
)
def test_a_file_holds_messages_in_many_ways(content: bytes, count: int) -> None:
    messages = messages_of(content)
    assert len(messages) == count
    last = messages[-1].removeprefix(b"\xef\xbb\xbf")
    assert re.sub(rb"[\r\n]+", b"\r", last) == (MESSAGE if content else b"")


def test_replay_lists_and_counts(yilian: Yilian) -> None:
    assert yilian("replay", "--list", "--json").stdout == ""
    assert yilian("replay", "--list").exit_code == 0
    assert yilian("replay").stdout == "0 messages wait to be processed again\n"
    assert yilian("replay", "7").stdout == "0 messages wait to be processed again\n"


def test_an_unexpected_error_tells_no_text() -> None:
    """It may hold a patient's data."""
    try:
        raise KeyError("王伟 110105199001011234")
    except KeyError as error:
        told = explanation(ExceptionGroup("several", [error]))
    assert told is not None
    assert told.startswith("failed unexpectedly: KeyError at test_cli.py:")
    assert "王伟" not in told
