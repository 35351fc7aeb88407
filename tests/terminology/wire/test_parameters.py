"""Every parameter that R4 defines is honoured or refused by name, and answers are of the types defined."""

from typing import Any

import pytest

from exchange.terminology.core import core_library
from profiles.definitions import definitions
from terminology.wire.operations import OPERATIONS, Asked, answer
from terminology.wire.parameters import REFUSED, TAKEN

NAMES = {
    "ValueSet-expand": "expand",
    "ValueSet-validate-code": "validate-code",
    "CodeSystem-validate-code": "cs-validate-code",
    "CodeSystem-lookup": "lookup",
    "CodeSystem-subsumes": "subsumes",
    "CodeSystem-find-matches": "find-matches",
    "ConceptMap-translate": "translate",
    "ConceptMap-closure": "closure",
    "NamingSystem-preferred-id": "preferred-id",
}
MEMBERS = {
    "code": "valueCode",
    "string": "valueString",
    "boolean": "valueBoolean",
    "Coding": "valueCoding",
    "uri": "valueUri",
}
GENDER = "http://hl7.org/fhir/administrative-gender"
CATEGORY = "http://hl7.org/fhir/ValueSet/condition-clinical"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
SAMPLES: dict[str, list[tuple[str, Any]]] = {
    "CodeSystem-lookup": [("system", CLINICAL), ("code", "recurrence")],
    "CodeSystem-subsumes": [("system", CLINICAL), ("codeA", "active"), ("codeB", "recurrence")],
    "CodeSystem-validate-code": [("url", GENDER), ("code", "male"), ("display", "Femal")],
    "ValueSet-validate-code": [("url", CATEGORY), ("system", CLINICAL), ("code", "active")],
    "ConceptMap-translate": [("system", GENDER), ("code", "male")],
    "NamingSystem-preferred-id": [("id", "http://loinc.org"), ("type", "oid")],
    "CodeSystem-find-matches": [
        ("system", CLINICAL),
        ("property", [{"name": "code", "valueCode": "parent"}, {"name": "value", "valueCode": "active"}]),
    ],
}


def operation(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        package.json(listed.filename)
        for package, listed in definitions().canonicals.listed("OperationDefinition")
        if listed.id == name
    )
    return found


def parameters(name: str, use: str) -> list[dict[str, Any]]:
    return [each for each in operation(name)["parameter"] if each["use"] == use]


def asked(given: list[tuple[str, Any]]) -> Asked:
    return Asked(core_library(), given, "", lambda: ("urn:uuid:1", "2026-01-01T00:00:00Z"))


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_taken_or_refused(name: str) -> None:
    given = {each["name"] for each in parameters(name, "in")}
    taken, refused = TAKEN[NAMES[name]], set(REFUSED.get(NAMES[name], ()))
    assert given <= taken | refused
    assert not taken & refused


@pytest.mark.parametrize(("name", "parameter"), [(o, p) for o, each in REFUSED.items() for p in each])
def test_what_is_refused_is_named(name: str, parameter: str) -> None:
    status, outcome = answer(name, asked([("url", CATEGORY), ("code", "active"), (parameter, "x")]))
    (issue,) = outcome["issue"]
    assert (status, issue["code"], issue["expression"]) == (400, "not-supported", [parameter])
    assert parameter in issue["details"]["text"]


def test_a_name_in_other_letters_is_told() -> None:
    status, outcome = answer("expand", asked([("url", CATEGORY), ("activeonly", "true")]))
    assert status == 400
    assert "activeOnly" in outcome["issue"][0]["details"]["text"]


def test_what_is_a_clients_own_is_passed_over() -> None:
    assert answer("expand", asked([("url", CATEGORY), ("cache-id", "1")]))[0] == 200


def test_all_operations_say_what_they_take() -> None:
    assert set(OPERATIONS) | {"closure"} == set(TAKEN)


@pytest.mark.parametrize("name", SAMPLES)
def test_answers_are_of_the_types_defined(name: str) -> None:
    status, told = answer(NAMES[name], asked(SAMPLES[name]))
    assert status == 200, told
    _has_types(told["parameter"], parameters(name, "out"))


def _has_types(told: list[dict[str, Any]], defined: list[dict[str, Any]]) -> None:
    there = [each["name"] for each in told]
    for each in defined:
        count = there.count(each["name"])
        assert count >= each["min"], each["name"]
        assert each["max"] == "*" or count <= int(each["max"]), each["name"]
        for parameter in told:
            if parameter["name"] == each["name"]:
                _has_type(parameter, each)


def _has_type(parameter: dict[str, Any], defined: dict[str, Any]) -> None:
    if "part" in defined:
        _has_types(parameter["part"], defined["part"])
    elif defined["type"] == "Element":
        assert any(name.startswith("value") for name in parameter)
    else:
        assert MEMBERS[defined["type"]] in parameter


def test_systems_are_left_out_of_an_expansion() -> None:
    value_set = {
        "resourceType": "ValueSet",
        "url": "urn:both",
        "compose": {"include": [{"system": GENDER}, {"system": CLINICAL}]},
    }
    for left_out in (GENDER, f"{GENDER}|4.0.1"):
        _, told = answer("expand", asked([("valueSet", value_set), ("exclude-system", left_out)]))
        assert {each["system"] for each in told["expansion"]["contains"]} == {CLINICAL}


def test_designations_are_told_in_a_language() -> None:
    given = [("system", "urn:oid:2.16.156.10011.2.3.3.4"), ("code", "1")]
    _, told = answer("lookup", asked([*given, ("property", "lang.en")]))
    listed = [each["part"] for each in told["parameter"] if each["name"] == "designation"]
    assert all(part[0] == {"name": "language", "valueCode": "en"} for part in listed)
