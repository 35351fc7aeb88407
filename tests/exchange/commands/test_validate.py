"""`yilian validate` as it is typed."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from exchange.cli import app

GOOD = {
    "resourceType": "Patient",
    "text": {"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
}
BAD = {"resourceType": "Patient", "active": "yes"}
URL = "https://yilian.example/fhir/StructureDefinition/named"
PROFILE = {
    "resourceType": "StructureDefinition",
    "id": "named",
    "url": URL,
    "name": "Named",
    "status": "active",
    "kind": "resource",
    "abstract": False,
    "type": "Patient",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
    "derivation": "constraint",
    "differential": {"element": [{"id": "Patient.name", "path": "Patient.name", "min": 1}]},
}


def run(*arguments: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    result = CliRunner().invoke(app, ["validate", *map(str, arguments)])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, lines, result.stderr


def put(folder: Path, name: str, *resources: dict[str, Any]) -> Path:
    raw = "\n".join(json.dumps(one) for one in resources).encode()
    file = folder / name
    file.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return file


def test_a_line_for_each_file_and_the_exit_status(tmp_path: Path) -> None:
    good, bad = put(tmp_path, "good.json", GOOD), put(tmp_path, "bad.json", BAD)
    status, lines, _ = run(good)
    assert (status, lines[0]["source"]) == (0, str(good))
    assert lines[0]["outcome"]["issue"][0]["code"] == "informational"
    status, lines, _ = run(good, bad)
    assert status == 1
    issue = lines[1]["outcome"]["issue"][0]
    assert (issue["severity"], issue["expression"]) == ("error", ["Patient.active"])
    assert [one.get("valueInteger") for one in issue["extension"]][:2] == [1, 29]


def test_folders_lines_and_compression(tmp_path: Path) -> None:
    put(tmp_path, "a.ndjson.gz", GOOD, BAD)
    put(tmp_path, "b.json.gz", GOOD)
    (tmp_path / "c.xml").write_text('<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>')
    (tmp_path / "d.txt").write_text("no resource")
    status, lines, _ = run(tmp_path)
    assert status == 1
    assert [line["source"].removeprefix(f"{tmp_path}/") for line in lines] == [
        "a.ndjson.gz#1",
        "a.ndjson.gz#2",
        "b.json.gz",
        "c.xml",
    ]


def test_several_processes_say_the_same(tmp_path: Path) -> None:
    for number in range(12):
        put(tmp_path, f"{number:02}.json", BAD if number % 3 else GOOD)
    assert run(tmp_path, "--workers", "2") == run(tmp_path, "--workers", "1")


def test_profiles_of_packages(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    put(package, "package.json", {"name": "own", "version": "1.0.0"})
    put(package, "named.json", PROFILE)
    good = put(tmp_path, "good.json", GOOD)
    status, lines, _ = run(good, "--package", tmp_path, "--profile", URL)
    assert status == 1
    assert lines[0]["outcome"]["issue"][0]["expression"] == ["Patient"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none.json",), "does not exist"),
        (("--profile", "urn:unknown", "."), "urn:unknown"),
        (("--package", "no.such#1.0.0", "."), "no.such#1.0.0"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, lines, error = run(*arguments)
    assert (status, lines) == (2, [])
    assert told in error


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(b"no gzip")
    assert run(tmp_path)[0] == 2


def test_text_that_is_no_json_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"resourceType": "Patient",\n "active": }')
    status, lines, _ = run(tmp_path)
    assert status == 1
    assert lines[0]["outcome"]["issue"][0]["extension"][0]["valueInteger"] == 2


def test_must_support_elements_that_are_not_there(tmp_path: Path) -> None:
    element = {"id": "Patient.photo", "path": "Patient.photo", "mustSupport": True}
    profile = PROFILE | {"differential": {"element": [element]}}
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"name": "own.named", "version": "1.0.0"}))
    put(folder, "StructureDefinition-named.json", profile)
    file = put(tmp_path, "p.json", GOOD)
    asked = ("--package", folder, "--profile", URL, file)
    _, (plain,), _ = run(*asked)
    _, (supported,), _ = run("--must-support", *asked)
    told = [one["diagnostics"] for one in supported["outcome"]["issue"]]
    assert f"Patient.photo is must-support in {URL}, and is not there" in told
    assert "must-support" not in json.dumps(plain)
