"""Questionnaires, concept maps and search parameters by their own rules."""

from typing import Any

import pytest

from tests.profiles.validator.special.world import told

BASE = "https://yilian.example/fhir"


def ids(resource: dict[str, Any], *known: dict[str, Any]) -> list[tuple[str, str]]:
    found = told(resource, *known)
    wanted = ("questionnaire-", "concept-map", "search-parameter")
    kind = resource["resourceType"]
    return [(name, at.removeprefix(kind)) for _, name, at in found if name.startswith(wanted)]


def questionnaire(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Questionnaire", "status": "active", "item": list(items), **more}


def question(link_id: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"linkId": link_id, "type": kind, "text": link_id, **more}


def when(link_id: str, operator: str = "=", **answer: Any) -> dict[str, Any]:
    return {"question": link_id, "operator": operator, **(answer or {"answerString": "x"})}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (when("a"), []),
        (when("a", "exists", answerBoolean=True), []),
        (when("a", answerInteger=1), ["questionnaire-enable-when-type"]),
        (when("none"), ["questionnaire-enable-when"]),
        (when("b"), ["questionnaire-enable-when"]),
        (when("c"), ["questionnaire-enable-when-order"]),
    ],
)
def test_what_a_question_depends_on(condition: dict[str, Any], expected: list[str]) -> None:
    asked = questionnaire(question("a"), question("b", enableWhen=[condition]), question("c"))
    assert [name for name, _ in ids(asked)] == expected


def test_options_and_initial_values_are_answers() -> None:
    options = [{"valueInteger": 1}, {"valueCoding": {"code": "a"}}]
    asked = questionnaire(
        question("a", "integer", initial=[{"valueString": "x"}]),
        question("b", "choice", answerOption=options),
    )
    assert ids(asked) == [("questionnaire-initial", ".item[0].initial[0]")]


def test_what_it_is_derived_from() -> None:
    assert ids(questionnaire(derivedFrom=["urn:none"])) == [("questionnaire-derived-from", ".derivedFrom[0]")]


def test_the_codes_of_a_map() -> None:
    system = {
        "resourceType": "CodeSystem",
        "url": f"{BASE}/CodeSystem/s",
        "status": "active",
        "content": "complete",
        "concept": [{"code": "a"}],
    }
    targets = [{"code": "a", "equivalence": "equal"}, {"code": "z", "equivalence": "equal"}]
    group = {
        "source": system["url"],
        "target": system["url"],
        "element": [{"code": "a", "target": targets}, {"code": "y"}],
    }
    found = ids({"resourceType": "ConceptMap", "status": "active", "group": [group]}, system)
    assert found == [
        ("concept-map-code", ".group[0].element[0].target[1].code"),
        ("concept-map-code", ".group[0].element[1].code"),
    ]


def parameter(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter",
        "url": f"{BASE}/SearchParameter/p",
        "name": "Own",
        "status": "active",
        "description": "x",
        "code": "own",
        "base": ["Patient"],
        "type": "string",
        "expression": "Patient.name.family",
        **more,
    }


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"expression": "Patient.name..family"}, ["search-parameter-expression"]),
        ({"derivedFrom": f"{BASE}/SearchParameter/base"}, []),
        ({"derivedFrom": f"{BASE}/SearchParameter/base", "type": "token"}, ["search-parameter-type"]),
        ({"derivedFrom": f"{BASE}/SearchParameter/base", "base": ["Person"]}, ["search-parameter-base"]),
        (
            {"derivedFrom": f"{BASE}/SearchParameter/base", "expression": "Patient.name.text"},
            ["search-parameter-derived"],
        ),
    ],
)
def test_search_parameters(more: dict[str, Any], expected: list[str]) -> None:
    base = parameter(url=f"{BASE}/SearchParameter/base")
    assert [name for name, _ in ids(parameter(**more), base)] == expected
