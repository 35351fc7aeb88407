"""The reader of recorded answers, tried on a recording of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.recorded_terminology import SEPARATOR, RecordedTerminology


def block(request: dict[str, Any], answer: dict[str, Any]) -> str:
    return f"{SEPARATOR}\n{json.dumps(request)}####\nv: {json.dumps(answer)}\n"


def problem(kind: str, severity: str, expression: str) -> dict[str, Any]:
    details = {"coding": [{"code": kind}], "text": "told"}
    return {
        "issues": {
            "issue": [{"severity": severity, "code": "x", "details": details, "expression": [expression]}]
        }
    }


@pytest.fixture
def recorded(tmp_path: Path) -> RecordedTerminology:
    coding = {"system": "http://s", "code": "a"}
    text = "".join(
        [
            block({"code": coding, "valueSet": None}, {"code": "a"}),
            block(
                {"code": {"code": "z"}, "url": "http://vs", "version": "1"},
                {"class": "UNKNOWN"} | problem("not-in-vs", "error", "code"),
            ),
            block(
                {"code": {"coding": [coding | {"display": "B"}]}},
                {"class": "UNKNOWN"}
                | problem("invalid-display", "error", "CodeableConcept.coding[0].display"),
            ),
            block(
                {"code": {"system": "http://t", "code": "a"}},
                {"class": "CODESYSTEM_UNSUPPORTED"} | problem("not-found", "error", "Coding.system"),
            ),
            block(
                {
                    "code": coding,
                    "valueSet": {"compose": {"include": [{"system": "http://s", "display": "x"}]}},
                },
                {"class": "UNKNOWN"} | problem("not-in-vs", "error", "Coding.code"),
            ),
            f"{SEPARATOR}\n{{}}####\ne: {{not json\n",
        ]
    )
    (tmp_path / "some.cache").write_text(text)
    return RecordedTerminology(tmp_path)


def test_answers_by_code_and_value_set(recorded: RecordedTerminology) -> None:
    coding = {"system": "http://s", "code": "a", "extension": [{}]}
    known = recorded.answer(coding)
    assert known
    assert known.result is True
    assert not known.issues
    refused = recorded.answer("z", "http://vs|1")
    assert refused
    assert refused.result is False
    assert refused.issues[0].expression == ""
    composed = recorded.answer(coding, "http://other", {"include": [{"system": "http://s"}]})
    assert composed
    assert composed.result is False


def test_a_wrong_display_is_no_wrong_code(recorded: RecordedTerminology) -> None:
    told = recorded.answer({"coding": [{"system": "http://s", "code": "a", "display": "B"}], "text": "t"})
    assert told
    assert told.result is True
    assert told.issues[0].expression == "coding[0].display"


def test_what_the_server_did_not_know(recorded: RecordedTerminology) -> None:
    told = recorded.answer({"system": "http://t", "code": "a"})
    assert told
    assert told.result is None
    assert recorded.answer({"system": "http://t", "code": "b"}) is None


def test_a_folder_is_needed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RecordedTerminology(tmp_path / "none")
