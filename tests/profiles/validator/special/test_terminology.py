"""Code systems and value sets by their own rules."""

from typing import Any

import pytest

from tests.profiles.validator.special.world import told

URL = "https://yilian.example/fhir/CodeSystem/own"
PROPERTIES = "http://hl7.org/fhir/concept-properties#"


def code_system(**more: Any) -> dict[str, Any]:
    return {"resourceType": "CodeSystem", "url": URL, "status": "active", "content": "complete", **more}


def value_set(*include: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "ValueSet", "status": "active", "compose": {"include": list(include)}, **more}


def ids(resource: dict[str, Any], *known: dict[str, Any]) -> list[tuple[str, str]]:
    kind = resource["resourceType"]
    wanted = ("code-system", "property", "value-set", "canonical-url")
    found = told(resource, *known)
    return [(name, at.removeprefix(kind)) for _, name, at in found if name.startswith(wanted)]


CONCEPTS = [{"code": "a", "concept": [{"code": "b"}]}]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"concept": CONCEPTS, "count": 2}, []),
        ({"concept": CONCEPTS, "count": 3}, [("code-system-count", ".count")]),
        ({"concept": CONCEPTS, "content": "not-present"}, [("code-system-content", ".concept[0]")]),
        ({"concept": CONCEPTS, "count": 3, "content": "fragment"}, []),
        ({"url": "own"}, [("canonical-url", ".url")]),
    ],
)
def test_content(more: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert ids(code_system(**more)) == expected


def test_properties() -> None:
    declared = [
        {"code": "inactive", "uri": f"{PROPERTIES}inactive", "type": "boolean"},
        {"code": "inactive", "uri": "urn:a", "type": "string"},
        {"code": "hidden", "uri": f"{PROPERTIES}notSelectable", "type": "code"},
        {"code": "own", "type": "integer"},
    ]
    values = [
        {"code": "own", "valueInteger": 1},
        {"code": "hidden", "valueBoolean": True},
        {"code": "none", "valueCode": "x"},
    ]
    found = ids(code_system(property=declared, concept=[{"code": "a", "property": values}]))
    assert found == [
        ("property-twice", ".property[1]"),
        ("property-code", ".property[2]"),
        ("property-type", ".property[2]"),
        ("property-uri", ".property[3]"),
        ("property-value", ".concept[0].property[1]"),
        ("property-undefined", ".concept[0].property[2]"),
    ]


SYSTEM = code_system(
    concept=CONCEPTS,
    property=[{"code": "kept", "type": "boolean"}, {"code": "other", "type": "Coding"}],
)


def chosen(name: str, operation: str, value: str) -> dict[str, Any]:
    return value_set({"system": URL, "filter": [{"property": name, "op": operation, "value": value}]})


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (value_set({"system": "own"}), ["value-set-system"]),
        (chosen("concept", "is-a", "a"), []),
        (chosen("concept", "is-a", "z"), ["value-set-filter-code"]),
        (chosen("kept", "=", "true"), []),
        (chosen("kept", "=", "1"), ["value-set-filter-value"]),
        (chosen("other", "=", f"{URL}#b"), []),
        (chosen("other", "=", "b"), ["value-set-filter-value"]),
        (chosen("other", "=", f"{URL}#z"), ["value-set-filter-code"]),
        (chosen("unheard", "=", "x"), ["value-set-filter-property"]),
    ],
)
def test_filters(resource: dict[str, Any], expected: list[str]) -> None:
    assert [name for name, _ in ids(resource, SYSTEM)] == expected


def test_attributes_of_snomed_are_equal_or_in() -> None:
    part = {
        "system": "http://snomed.info/sct",
        "filter": [{"property": "1142143009", "op": "not-in", "value": "1"}],
    }
    assert ids(value_set(part)) == [("value-set-filter-op", ".compose.include[0].filter[0]")]
