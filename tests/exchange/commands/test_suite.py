"""`yilian suite` and `yilian fhirpath`, as typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exchange.cli import app

CASES = [
    {
        "comment": "add",
        "doc": {},
        "patch": [{"op": "add", "path": "/a", "value": 1.10}],
        "expected": {"a": 1.1},
    },
    {"comment": "refused", "doc": {}, "patch": [{"op": "remove", "path": "/a"}], "error": "nothing there"},
]
WRONG = {"comment": "wrong", "doc": {}, "patch": [], "expected": {"a": 1}}
PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "王", "given": ["小明"]}],
    "birthDate": "1980",
    "multipleBirthInteger": 2,
}


def run(*arguments: str) -> tuple[int, list[str], str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout.splitlines(), result.stderr


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    (tmp_path / "json-patch-tests.json").write_text(json.dumps(CASES), "utf-8")
    return tmp_path


def test_a_suite_that_passes(cases: Path) -> None:
    report = cases / "report.json"
    code, lines, _ = run("suite", "patch", str(cases), "--report", str(report), "-v")
    assert (code, lines[-1]) == (0, "2 passed, 0 failed, 0 skipped")
    assert lines[0].startswith("passed json-patch-tests/add: ")
    told = json.loads(report.read_text("utf-8"))
    assert [case["outcome"] for case in told["cases"]] == ["passed", "passed"]
    assert told["cases"][1]["found"].startswith("refused: Operation 0")
    assert run("suite", "patch", str(cases))[1] == lines[-1:]


def test_a_suite_with_findings(cases: Path) -> None:
    (cases / "json-patch-tests.json").write_text(json.dumps([*CASES, WRONG]), "utf-8")
    code, lines, told = run("suite", "patch", str(cases))
    assert (code, lines[-1]) == (1, "2 passed, 1 failed, 0 skipped")
    assert lines[0].startswith("failed json-patch-tests/wrong")
    assert "unexpected: json-patch-tests/wrong" in told


@pytest.mark.parametrize(
    "arguments", [("patch", "nowhere"), ("patch", "."), ("wrong", "."), ("fhirpath", ".")]
)
def test_what_cannot_be_run(arguments: tuple[str, str], tmp_path: Path) -> None:
    code, lines, told = run("suite", arguments[0], str(tmp_path / arguments[1]))
    assert (code, lines) == (2, [])
    assert told.startswith("yilian: ")


def test_fhirpath(tmp_path: Path) -> None:
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(PATIENT), "utf-8")
    assert run("fhirpath", "name.given | name.family", str(file))[1] == ['"小明"', '"王"']
    assert run("fhirpath", "Patient.name", str(file))[1] == ['{"family":"王","given":["小明"]}']
    assert run("fhirpath", "gender", str(file)) == (0, [], "")
    typed = run("fhirpath", "birthDate | (multipleBirth + 1)", str(file), "--types")[1]
    assert [json.loads(line) for line in typed] == [
        {"type": "FHIR.date", "value": "1980"},
        {"type": "System.Integer", "value": 3},
    ]


def test_fhirpath_on_xml(tmp_path: Path) -> None:
    file = tmp_path / "patient.xml"
    file.write_text('<Patient xmlns="http://hl7.org/fhir"><birthDate value="1980"/></Patient>', "utf-8")
    assert run("fhirpath", "birthDate + 1 year", str(file))[1] == ['"1981"']


@pytest.mark.parametrize("expression", ["name.", "wrong", "name.given.single() + 1"])
def test_fhirpath_that_is_wrong(tmp_path: Path, expression: str) -> None:
    file = tmp_path / "patient.json"
    file.write_text(json.dumps(PATIENT), "utf-8")
    code, lines, told = run("fhirpath", expression, str(file))
    assert (code, lines) == (2, [])
    assert told.startswith("yilian: ")
    assert len(told.splitlines()) == 1
    file.write_text("{", "utf-8")
    assert run("fhirpath", "name", str(file))[0] == 2
    assert run("fhirpath", "name", str(tmp_path / "nowhere"))[0] == 2
