"""FHIR Schema's tests as a judge reads them, and our validator before it."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.fhirschema import cases, judge
from conformance.fhirschema_structures import structures
from exchange.commands.fhirschema_engine import fhirschema_errors

SUITE: dict[str, Any] = {
    "schemas": {
        "string": {"kind": "primitive-type"},
        "Extension": {"elements": {"url": {"type": "string"}}},
        "urn:colour": {"kind": "extension", "elements": {"value": {"choices": ["valueString"]}}},
        "Thing": {
            "required": ["name"],
            "extensions": {"colour": {"url": "urn:colour", "max": 1}},
            "elements": {
                "resourceType": {"type": "string"},
                "extension": {"type": "Extension", "array": True},
                "name": {"type": "string"},
                "size": {"choices": ["sizeString", "sizeInteger"]},
                "sizeString": {"choiceOf": "size", "type": "string"},
                "sizeInteger": {"choiceOf": "size", "type": "integer"},
                "part": {
                    "array": True,
                    "elements": {"use": {"type": "string"}, "text": {"type": "string"}},
                    "slicing": {
                        "slices": {
                            "lid": {
                                "match": {"type": "pattern", "value": {"use": "lid"}},
                                "max": 1,
                                "schema": {"required": ["text"]},
                            }
                        }
                    },
                },
            },
        },
    },
    "tests": [
        {"desc": "right", "data": {"name": "a", "sizeInteger": 1, "part": [{"use": "lid", "text": "b"}]}},
        {"desc": "missing", "data": {}, "errors": [{"path": "Thing.name"}]},
        {"desc": "unknown", "data": {"name": "a", "size": "b"}, "errors": [{"path": "Thing.size"}]},
        {
            "desc": "slice",
            "data": {"name": "a", "part": [{"use": "cup"}, {"use": "lid"}]},
            "errors": [{"path": "Thing.part.1.text"}],
        },
        {
            "desc": "extension",
            "data": {"name": "a", "extension": [{"url": "urn:colour", "valueCode": "red"}]},
            "errors": [{"path": "Thing.extension.0.valueCode"}],
        },
        {"desc": "told wrongly", "data": {"name": "a"}, "errors": [{"path": "Thing.name"}]},
        {"desc": "left out", "data": {}, "skip": True, "comment": "undecided"},
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tests = [{**test, "data": {"resourceType": "Thing", **test["data"]}} for test in SUITE["tests"]]
    (tmp_path / "1_things.json").write_text(json.dumps({**SUITE, "tests": tests}), "utf-8")
    (tmp_path / "other.json").write_text("[]", "utf-8")
    return tmp_path


def test_our_validator_before_the_judge(folder: Path) -> None:
    report = judge(cases(folder), fhirschema_errors, {})
    outcomes = [verdict.outcome for verdict in report.verdicts]
    assert outcomes == [*["passed"] * 5, "failed", "skipped"]
    assert report.verdicts[5].found == "- Thing.name"


def test_a_validator_that_finds_nothing_fails(folder: Path) -> None:
    report = judge(cases(folder), lambda made, resource, profile: (), {})
    assert [verdict.outcome for verdict in report.verdicts] == [
        *("passed", *["failed"] * 5),
        "skipped",
    ]


def test_inherited_elements_are_the_types_own() -> None:
    schemas = {
        "Base": {"elements": {"a": {"type": "string"}}, "required": ["a"]},
        "Child": {"base": "Base", "elements": {"b": {"type": "string", "array": True}}},
    }
    child = structures(schemas)[1]
    found = [(one["path"], one["min"], one["max"]) for one in child["snapshot"]["element"][1:]]
    assert found == [("SchemaChild.a", 1, "1"), ("SchemaChild.b", 0, "*")]


def test_no_tests_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cases(tmp_path)
