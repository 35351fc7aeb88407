"""Measures and their reports."""

import base64
from typing import Any

import pytest

from tests.profiles.validator.special.world import told

LIBRARY_URL = "https://yilian.example/fhir/Library/counts"
MEASURE_URL = "https://yilian.example/fhir/Measure/count"
CQL = 'library Counts\ndefine "In Time": true\ndefine function Old(): false\ndefine Late: false'
LIBRARY = {
    "resourceType": "Library",
    "url": LIBRARY_URL,
    "name": "Counts",
    "status": "active",
    "type": {"text": "x"},
    "content": [{"contentType": "text/cql", "data": base64.b64encode(CQL.encode()).decode()}],
}


def measure(expression: str = "Late", **more: Any) -> dict[str, Any]:
    criteria = {"language": "text/cql", "expression": expression}
    stratifiers = [{"code": {"text": "age"}, "criteria": criteria}]
    group = {"code": {"text": "g"}, "stratifier": stratifiers}
    return {"resourceType": "Measure", "url": MEASURE_URL, "status": "active", "group": [group], **more}


def report(**more: Any) -> dict[str, Any]:
    period = {"start": "2026-01-01", "end": "2026-02-01"}
    return {
        "resourceType": "MeasureReport",
        "status": "complete",
        "type": "summary",
        "measure": MEASURE_URL,
        "period": period,
        **more,
    }


def ids(resource: dict[str, Any], *known: dict[str, Any]) -> list[tuple[str, str]]:
    kind = resource["resourceType"]
    found = told(resource, *known)
    return [(name, at.removeprefix(kind)) for _, name, at in found if name.startswith(("measure", "report"))]


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("Late", 0),
        ('"In Time"', 0),
        ('Counts."In Time"', 0),
        ("Old", 0),
        ("Early", 1),
        ("Others.Late", 1),
        ("Late and Old", 0),
    ],
)
def test_expressions_are_defined_in_a_library(expression: str, count: int) -> None:
    found = ids(measure(expression, library=[LIBRARY_URL]), LIBRARY)
    assert found == [("measure-expression", ".group[0].stratifier[0].criteria")] * count


def test_cql_needs_a_library() -> None:
    assert ("measure-no-library", ".group[0].stratifier[0].criteria") in ids(measure())
    assert ("measure-library", "") in ids(measure(library=["urn:none"]))


SCORED = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/measure-scoring", "code": "ratio"}]}
COHORT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/measure-scoring", "code": "cohort"}]}
AGE = {"code": [{"text": "age"}]}


@pytest.mark.parametrize(
    ("scoring", "group", "expected"),
    [
        (SCORED, {"measureScore": {"value": 1}, "stratifier": [AGE]}, []),
        (SCORED, {"stratifier": [AGE]}, [("report-score", ".group[0]")]),
        (
            COHORT,
            {"measureScore": {"value": 1}, "stratifier": [AGE]},
            [("report-score", ".group[0].measureScore")],
        ),
        (COHORT, {"id": "g"}, [("report-stratifier-missing", ".group[0]")]),
        (
            COHORT,
            {"stratifier": [{"code": [{"text": "sex"}]}]},
            [
                ("report-stratifier-code", ".group[0].stratifier[0]"),
                ("report-stratifier-missing", ".group[0]"),
            ],
        ),
    ],
)
def test_a_report_is_as_its_measure_says(
    scoring: dict[str, Any], group: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert ids(report(group=[group]), measure(scoring=scoring)) == expected


def test_several_groups_need_their_codes() -> None:
    groups = [{"code": {"text": "g"}, "stratifier": [AGE]}, {"code": {"text": "h"}}]
    assert ids(report(group=groups), measure()) == [("report-group-code", ".group[1]")]


def test_data_collection_has_no_groups() -> None:
    assert ids(report(type="data-collection", group=[{"code": {"text": "g"}}]), measure()) == [
        ("report-group", ".group[0]")
    ]


def test_a_measure_that_is_not_known_is_a_warning() -> None:
    assert ids(report()) == [("report-measure-unknown", "")]
