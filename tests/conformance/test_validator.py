"""The judge of validators, tried on a suite of our own with a validator that answers by heart."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.validator import judge
from conformance.validator_cases import OFFLINE, RECORDED, SPECIAL, Case, Step, cases
from conformance.validator_outcome import Found, compared, outcome

MANIFEST = {
    "test-cases": [
        {"name": "good", "file": "good.json", "version": "4.0", "java": "java/good.json"},
        {"name": "bad", "file": "bad.xml", "version": "4.0.1", "java": "java/bad.json"},
        {"name": "old", "file": "old.json", "version": "3.0", "java": "java/good.json"},
        {"name": "tx", "file": "tx.json", "version": "4.0", "java": "java/good.json", "module": "tx"},
        {"name": "shc", "file": "x.json", "version": "4.0", "java": "java/good.json", "module": "shc"},
        {
            "name": "profiled",
            "file": "good.json",
            "version": "4.0",
            "java": {"errorCount": 0},
            "supporting": ["a.json"],
            "profile": {"source": "p.xml", "supporting": ["b.json"], "java": {"errorCount": 2}},
        },
        {"name": "unjudged", "file": "good.json", "version": "4.0"},
    ]
}
BAD = {
    "issue": [
        {
            "severity": "error",
            "code": "value",
            "diagnostics": "[3,8]",
            "details": {"text": "wrong"},
            "expression": ["Bundle.entry[0].resource/*Patient/1*/.name[0]"],
        }
    ]
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outcomes" / "java").mkdir(parents=True)
    for name, told in (("good", {}), ("bad", BAD)):
        (tmp_path / "outcomes" / "java" / f"{name}.json").write_text(json.dumps(told))
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def test_cases_are_those_of_r4_and_know_their_class(folder: Path) -> None:
    found = {case.name: case for case in cases(folder)}
    assert list(found) == ["good", "bad", "tx", "shc", "profiled", "unjudged"]
    assert [found[name].kind for name in ("good", "tx", "shc")] == [OFFLINE, RECORDED, SPECIAL]
    assert found["profiled"].supporting == ("a.json",)
    base, against = found["profiled"].steps
    assert (base.name, base.errors, against.name, against.errors) == ("base", 0, "profile", 2)
    assert (against.profile, against.supporting) == ("p.xml", ("b.json",))


def test_an_index_tells_the_class(folder: Path) -> None:
    (folder / "index.json").write_text(json.dumps([{"name": "good", "cls": SPECIAL}]))
    assert cases(folder)[0].kind == SPECIAL


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cases(tmp_path)


def test_verdicts_and_agreement(folder: Path) -> None:
    def validate(case: Case, step: Step) -> list[Found]:
        if case.name == "tx":
            raise ValueError("crash")
        wrong = Found("error", "value", "Bundle.entry[0].resource.name[0]", "ours", 3)
        return [wrong] if case.name == "bad" else []

    report = judge(cases(folder), validate, {})
    judged = {verdict.name: verdict.outcome for verdict in report.verdicts}
    assert judged == {
        "good": "passed",
        "bad": "passed",
        "tx": "failed",
        "shc": "skipped",
        "profiled": "failed",
        "unjudged": "skipped",
    }
    told = report.as_json()["agreement"][OFFLINE]
    assert (told["cases"], told["same verdict"]) == (3, 2)
    assert (told["errors both tell"], told["errors with the same line"]) == (1, 1)
    assert report.totals.endswith("2 passed, 2 failed, 2 skipped")


def test_issues_are_compared_by_code_and_place() -> None:
    def issue(code: str, expression: str, severity: str = "error") -> dict[str, Any]:
        return {"severity": severity, "code": code, "expression": [expression], "diagnostics": "x"}

    java = outcome(
        {"issue": [issue("value", "A.b"), issue("value", "A.b"), issue("value", "A.c", "warning")]}
    )
    ours = outcome({"issue": [issue("value", "A.b"), issue("structure", "A")]})
    told = compared(java, ours)
    assert told.both == 1
    assert [one.expression for one in told.missing] == ["A.b"]
    assert [one.code for one in told.extra] == ["structure"]


def test_issues_may_not_differ_more_than_they_did(folder: Path) -> None:
    def validate(case: Case, step: Step) -> list[Found]:
        return [Found("error", "value", "Bundle", "ours")] if case.name == "bad" else []

    suite = [case for case in cases(folder) if case.name in ("good", "bad")]
    assert judge(suite, validate, {}, {"bad/base": [1, 1], "good/base": [0, 0]}).unexpected == []
    assert judge(suite, validate, {}, {"bad/base": [1, 0]}).unexpected == ["bad/base: more issues differ"]
    assert judge(suite, validate, {}).as_json()["floor"] == {"good/base": [0, 0], "bad/base": [1, 1]}


def test_a_name_that_stands_twice_is_counted_on(folder: Path) -> None:
    twice = {"test-cases": [MANIFEST["test-cases"][0]] * 2}
    (folder / "manifest.json").write_text(json.dumps(twice))
    assert [case.name for case in cases(folder)] == ["good", "good#2"]
