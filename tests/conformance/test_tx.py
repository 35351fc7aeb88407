"""The judge of terminology services, on templates and a suite of our own."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from conformance.tx import NotOffered, Reply, cases, judge
from conformance.tx_forms import as_r5
from conformance.tx_template import template_for

R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion."


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("$$", "anything"),
        ("$id$", "a-1"),
        ("$uuid$", "urn:uuid:8acdbfdc-e9d2-11ed-a05b-0242ac120003"),
        ("$instant$", "2026-01-01T00:00:00.000Z"),
        ("$date$", "2026-01-01"),
        ("$url$", "https://x.example/a"),
        ("$token$", "1.0-a"),
        ("$string$", "a b"),
        ("$semver$", "1.0.0-rc.1+5"),
        ("$version$", "4.0.1"),
        ("$choice:a|b$", "b"),
        ("$fragments:not|found$", "It was Not to be FOUND"),
        ("$external:1:code1$", "no code1 here"),
        ("$external:1:http://x.example/vs$", "http://y.example/vs"),
        ("$external:2$", "whatever"),
        ("urn:x|$version$", "urn:x|4.0.1"),
        ([{"a": 1}, {"a": 2, "$optional$": True}], [{"a": 1}]),
        ([{"a": 2, "$optional$": True}, {"a": 1}], [{"a": 1}]),
        ({"parameter": [{"a": 2}, {"a": 1}]}, {"parameter": [{"a": 1}, {"a": 2}]}),
        ([{"a": 1, "$optional$": "!tx.fhir.org"}], []),
        ([{"a": 1, "$optional$": "version:4"}], []),
        ([{"a": 1, "$optional$": "warning:of it"}], []),
        ([{"a": 1, "$only$": "version:5"}], []),
        ({"$optional-properties$": ["b"], "a": 1, "b": 2}, {"a": 1}),
        ({"$optional-properties$": ["*"], "a": 1, "b": 2}, {}),
        ({"$count-arrays$": ["a"], "a": [1, 2]}, {"a": [3, 4]}),
        ({"name": "message", "valueString": "a; b"}, {"name": "message", "valueString": "b; a"}),
        ({"a": [{"$optional$": True}]}, {}),
        ({"location": ["Coding.code"]}, {}),
        ({"a": Decimal("1.0")}, {"a": Decimal("1.0")}),
    ],
)
def test_what_a_template_lets_pass(expected: Any, actual: Any) -> None:
    if isinstance(actual, dict) and actual.get("name") == "message":
        actual = as_r5({"resourceType": "Parameters", "parameter": [actual]})["parameter"][0]
    assert template_for("Parameters", is_pattern=False).difference(expected, actual) == ""


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("a", "b"),
        ("$uuid$", "8acdbfdc"),
        ("$instant$", "2026-01-01T25:00:00Z"),
        ("$url$", "urn:x"),
        ("$token$", "-1"),
        ("$string$", " a"),
        ("$semver$", "1.0"),
        ("$choice:a|b$", "c"),
        ("$external:1:code1$", "no code2 here"),
        ([{"a": 1}], []),
        ([{"a": 2}, {"a": 1}], [{"a": 1}, {"a": 2}]),
        ([{"a": 1}], [{"a": 1}, {"a": 1}]),
        ({"parameter": [{"a": 1}]}, {"parameter": [{"a": 1}, {"a": 1}]}),
        ({"parameter": [{"a": 1}, {"a": 2}]}, {"parameter": [{"a": 1}]}),
        ([{"a": 1, "$optional$": "tx.fhir.org"}], []),
        ([{"a": 1, "$only$": "version:4"}], []),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "expression": ["a"]}, {"a": 1, "expression": ["a"], "location": ["a"]}),
        ({"a": 1}, {}),
        ({"a": True}, {"a": 1}),
        ({"a": Decimal("1.0")}, {"a": 1}),
        ({"$count-arrays$": ["a"], "a": [1, 2]}, {"a": [3]}),
    ],
)
def test_what_a_template_does_not_let_pass(expected: Any, actual: Any) -> None:
    assert template_for("Parameters", is_pattern=False).difference(expected, actual)


def test_a_pattern_lets_more_pass() -> None:
    pattern = template_for("CapabilityStatement", is_pattern=True)
    assert pattern.difference({"a": [{"b": 1}]}, {"a": [{"b": 1}, {"c": 2}], "d": 3}) == ""


def test_an_r4_expansion_is_put_into_r5s_form() -> None:
    parts = [{"url": "code", "valueCode": "definition"}, {"url": "value", "valueString": "A"}]
    declared = [{"url": "code", "valueCode": "definition"}, {"url": "uri", "valueUri": "urn:d"}]
    expansion = {
        "extension": [{"url": R5 + "property", "extension": declared}],
        "contains": [{"code": "a", "extension": [{"url": R5 + "contains.property", "extension": parts}]}],
    }
    made = as_r5({"resourceType": "ValueSet", "expansion": expansion})["expansion"]
    assert made["property"] == [{"code": "definition", "uri": "urn:d"}]
    assert made["contains"] == [{"code": "a", "property": [{"code": "definition", "valueString": "A"}]}]


class Subject:
    """Expands to what the request names, and knows nothing else."""

    def answer(self, operation: str, request: dict[str, Any], language: str) -> Reply:
        if operation != "expand":
            raise NotOffered(operation)
        given = {each["name"]: each for each in request["parameter"]}
        assert given["tx-resource"]["resource"] == {"resourceType": "CodeSystem"}
        assert language == "de"
        return Reply(200, {"resourceType": "ValueSet", "url": given["url"]["valueUri"]})


def test_a_suite_is_run(tmp_path: Path) -> None:
    tests = [
        {
            "name": name,
            "operation": operation,
            "request": "q.json",
            "response": answer,
            "Accept-Language": "de",
            **more,
        }
        for name, operation, answer, more in (
            ("good", "expand", "good.json", {}),
            ("bad", "expand", "bad.json", {}),
            ("status", "expand", "good.json", {"http-code": "4xx"}),
            ("else", "closure", "good.json", {}),
            ("theirs", "expand", "good.json", {"mode": "tx.fhir.org"}),
        )
    ]
    suite = {"suites": [{"name": "s", "mode": "general", "setup": ["cs.json"], "tests": tests}]}
    request = {"resourceType": "Parameters", "parameter": [{"name": "url", "valueUri": "urn:x"}]}
    for name, content in (
        ("test-cases.json", suite),
        ("q.json", request),
        ("cs.json", {"resourceType": "CodeSystem"}),
        ("parameters-default.json", {"parameter": [{"name": "uuid", "valueUuid": "urn:uuid:1"}]}),
        ("good.json", {"resourceType": "ValueSet", "url": "urn:x"}),
        ("bad.json", {"resourceType": "ValueSet", "url": "urn:y"}),
    ):
        (tmp_path / name).write_text(json.dumps(content), "utf-8-sig")
    report = judge(cases(tmp_path), Subject(), {"s/bad": "it is bad"})
    assert report.totals == "1 passed, 3 failed, 1 skipped"
    assert report.unexpected == ["s/else", "s/status"]
    with pytest.raises(FileNotFoundError):
        cases(tmp_path / "nowhere")
