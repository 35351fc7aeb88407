"""`yilian mapping` as a person types it, on a folder of files of our own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from exchange.cli import app

Yilian = Callable[..., Result]
HOSPITAL = """id: h1
name: 示范医院
region: sh
vendor: his
interfaces:
  - {application: LIS, layer: lis24}
changes:
  PID-Patient:
    replace: [{id: PID-8, source: PID-8, target: gender, function: code, vocabulary: Own}]
vocabularies: {Own: {words: {男: male}}}
table:
  tables: {TB_X: {rename: {XM: hzxm}}}
"""
LAYERS = {
    "regions/sh.yaml": "timezone: Asia/Shanghai\nchanges: {PID-Patient: {disable: [PID-13]}}\n",
    "vendors/his.yaml": """charset: GB18030
changes:
  PID-Patient:
    replace: [{id: PID-8, source: PID-8, target: gender, function: code, vocabulary: His}]
vocabularies: {His: {words: {M1: male}}}
cda: {vocabularies: {MaritalStatus: {words: {单身: S}}}}
""",
    "interfaces/lis24.yaml": "timezone: UTC\n",
}


@pytest.fixture
def yilian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Yilian:
    """None of these commands needs a database."""
    monkeypatch.setenv("YILIAN_DATA_DIR", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "hospitals"
    for name, text in {**LAYERS, "h1.yaml": HOSPITAL}.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, "utf-8")
    monkeypatch.setenv("YILIAN_HOSPITALS", str(made))
    return made


def test_check_tells_every_fault_and_exits_1(yilian: Yilian, folder: Path) -> None:
    right = yilian("mapping", "check")
    assert (right.exit_code, right.stdout) == (0, "4 files, 1 hospitals, 0 faults\n")
    (folder / "vendors/his.yaml").write_text("colour: red\nchanges: {PID-Patient: {disable: [PID-90]}}\n")
    wrong = yilian("mapping", "check", folder)
    assert wrong.exit_code == 1
    assert wrong.stdout.splitlines() == [
        "vendors/his.yaml:1: a vendor has no 'colour'",
        "vendors/his.yaml:2: there is no row 'PID-90' to disable; did you mean 'PID-9'?",
        "4 files, 1 hospitals, 2 faults",
    ]
    one = yilian("mapping", "check", "--json", folder / "vendors/his.yaml")
    assert [json.loads(line)["line"] for line in one.stdout.splitlines()] == [1, 2]
    assert yilian("mapping", "check", folder / "h1.yaml").exit_code == 0
    missing = yilian("mapping", "check", folder / "none.yaml")
    assert missing.exit_code == 2
    assert len(missing.stderr.splitlines()) == 1


def test_diff_tells_which_layer_set_what(yilian: Yilian, folder: Path) -> None:
    lines = yilian("mapping", "diff", "--hospital", "h1").stdout.splitlines()
    assert any(
        line.startswith("region sh: - PID-Patient/PID-13:") and "regions/sh.yaml:2" in line for line in lines
    )
    vendor = next(line for line in lines if line.startswith("vendor his: ~ PID-Patient/PID-8"))
    assert vendor.endswith("at vendors/his.yaml:4; hospital h1 has the last word")
    own = next(line for line in lines if line.startswith("hospital h1: ~ PID-Patient/PID-8"))
    assert "(Own)" in own
    assert own.endswith("at h1.yaml:9")
    assert any(line.startswith("vendor his: + cda vocabulary MaritalStatus/单身") for line in lines)
    assert any(line.startswith("hospital h1: + table TB_X/rename: XM → hzxm") for line in lines)
    assert any(line.startswith("interface lis24: + timezone: UTC") for line in lines)
    told = yilian("mapping", "diff", "--hospital", "h1", "--json").stdout.splitlines()
    assert {json.loads(line)["level"] for line in told} == {
        *("region sh", "vendor his", "hospital h1", "interface lis24")
    }
    assert yilian("mapping", "diff", "--hospital", "h2").exit_code == 2


def test_activate_puts_a_file_in_place_only_if_it_works(yilian: Yilian, folder: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(HOSPITAL.replace("PID-8, source", "PID-88, source"), "utf-8")
    refused = yilian("mapping", "activate", candidate)
    assert refused.exit_code == 1
    assert "h1.yaml:9: there is no row 'PID-88' to replace" in refused.stdout
    assert (folder / "h1.yaml").read_text("utf-8") == HOSPITAL
    candidate.write_text(HOSPITAL.replace("示范", "模范"), "utf-8")
    assert yilian("mapping", "activate", candidate, "--wait", "0").exit_code == 0
    assert "模范" in (folder / "h1.yaml").read_text("utf-8")
    assert (folder / "h1.yaml.before").read_text("utf-8") == HOSPITAL
    unheard = yilian("mapping", "activate", candidate, "--wait", "0.1")
    assert unheard.exit_code == 1
    assert "no hub has taken it up yet" in unheard.stdout
    other = tmp_path / "regions" / "js.yaml"
    other.parent.mkdir()
    other.write_text("timezone: UTC\n")
    assert yilian("mapping", "activate", other, "--wait", "0").exit_code == 0
    assert (folder / "regions/js.yaml").read_text() == "timezone: UTC\n"
