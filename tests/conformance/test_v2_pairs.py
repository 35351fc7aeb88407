"""The judge of pairs, tried on a suite of our own with an engine that answers by heart."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.v2_differences import Difference, Judgements, differences, judgements
from conformance.v2_pairs import Translated, cases, judge
from conformance.v2_survival import dangling, share

MESSAGE = b"MSH|^~\\&|A|B|||20240101||ADT^A01|1|P|2.5\rPID|1||4711||Kwan\r"
PATIENT = {"resourceType": "Patient", "id": "1", "name": [{"family": "Kwan"}]}


class Engine:
    """Makes the same resources of everything."""

    def __init__(self, *resources: dict[str, Any]) -> None:
        self.resources = resources

    def translate(self, raw: bytes) -> Translated:
        if b"crash" in raw:
            raise KeyError("crash")
        return Translated(self.resources, (), [("PID-3", "4711"), ("PID-5", "Kwan")], 1, 0, ["PID-3"])

    def invalid(self, resource: dict[str, Any]) -> list[str]:
        return ["no id"] if "id" not in resource else []


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "some-source"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.hl7").write_bytes(MESSAGE)
    (folder / "in" / "a.json").write_text(json.dumps({"entry": [{"resource": PATIENT}]}), "utf-8")
    pairs = [{"input": "in/a.hl7", "expected": "in/a.json"}, {"input": "gone.hl7", "expected": "in/a.json"}]
    (folder / "pairs.json").write_text(json.dumps(pairs), "utf-8")
    return tmp_path


def test_what_is_right_passes(suite: Path) -> None:
    report = judge(cases(suite), Engine(PATIENT), {})
    assert report.totals == "1 passed, 0 failed, 0 skipped"
    assert "1 residue (50.00%)" in report.notes[0]
    assert "ADT_A01 1/1" in report.notes[1]


@pytest.mark.parametrize(
    "resource", [{"resourceType": "Patient"}, {**PATIENT, "managingOrganization": {"reference": "X/1"}}]
)
def test_what_is_wrong_in_itself_fails(suite: Path, resource: dict[str, Any]) -> None:
    assert judge(
        cases(suite), Engine({"id": "x", **resource} if "id" in resource else resource), {}
    ).unexpected


def test_a_crash_is_a_finding(suite: Path) -> None:
    (suite / "some-source" / "in" / "a.hl7").write_bytes(MESSAGE + b"NTE|crash\r")
    assert "KeyError" in judge(cases(suite), Engine(), {}).verdicts[0].found


def test_no_pairs_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pairs\.json"):
        cases(tmp_path)


def test_values_survive_by_letters_digits_and_moments() -> None:
    output = {"a": "2024-03-01T09:00:00+08:00", "b": "https://x/CodeSystem/v2-0005", "c": "Wang, Wu"}
    assert share(["202403010900", "HL70005", "Wang^Wu", "lost"], output) == 0.75
    assert share([], output) == 1


def test_dangling() -> None:
    assert list(dangling([{**PATIENT, "x": [{"reference": "Patient/1"}, {"reference": "Patient/2"}]}])) == [
        "dangling: Patient → Patient/2"
    ]


def test_differences_are_told_by_kind() -> None:
    expected = {
        "resourceType": "Patient",
        "name": [{"family": "Kwan"}],
        "gender": "male",
        "birthDate": "1990",
    }
    made = {"resourceType": "Patient", "name": [{"family": "Kwan"}], "gender": "female", "x": "1990"}
    agreed, found = differences([made], [expected])
    assert agreed == 1
    assert found == [Difference("Patient.birthDate", "elsewhere"), Difference("Patient.gender", "another")]
    rules = Judgements([("*.gender", frozenset({"another"}), "ours")])
    assert [rules.of(each) for each in found] == ["", "ours"]


def test_the_committed_judgements_can_be_read() -> None:
    for name in ("v2-microsoft", "v2-cdc"):
        assert judgements(name).of(Difference("Patient.identifier.system", "another")) == "ours"
    assert not judgements("v2-nobody").of(Difference("x", "missing"))
