"""Concepts by what they have."""

from typing import Any

import pytest

from terminology.find_matches import MOST, Wanted, find_matches
from terminology.library import Library, entry_of
from terminology.texts import Refusal
from terminology.wire.operations import Asked, answer

CODE_SYSTEM: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "url": "urn:fruit",
    "status": "active",
    "content": "complete",
    "property": [{"code": "colour", "type": "code"}, {"code": "size", "type": "integer"}],
    "concept": [
        {
            "code": code,
            "display": display,
            "property": [{"code": "colour", "valueCode": colour}, {"code": "size", "valueInteger": size}],
        }
        for code, display, colour, size in (
            ("apple", "Apple", "red", 2),
            ("cherry", "Sweet cherry", "red", 1),
            ("lime", "Lime", "green", 1),
            ("melon", "Melon", "green", 3),
        )
    ],
}
LIBRARY = Library([entry_of(CODE_SYSTEM)])
RED, SMALL = Wanted("colour", "valueCode", "red"), Wanted("size", "valueInteger", 1)


def found(*wanted: Wanted, exact: bool) -> list[tuple[str, int]]:
    system = LIBRARY.code_system("urn:fruit")
    assert system is not None
    return [(system.codes[e.number], len(e.unmatched)) for e in find_matches(system, wanted, exact=exact)]


def test_a_machine_hears_the_best() -> None:
    assert found(RED, SMALL, exact=True) == [("cherry", 0)]
    assert found(RED, Wanted("size", "valueInteger", 9), exact=True) == [("apple", 1), ("cherry", 1)]
    assert found(Wanted("colour", "valueCode", "blue"), exact=True) == []
    assert found(Wanted("taste", "valueString", "sour"), exact=True) == []


def test_a_person_hears_more() -> None:
    assert found(RED, SMALL, exact=False) == [("cherry", 0), ("apple", 1), ("lime", 1)]
    assert found(Wanted("display", "valueString", "cherry"), exact=False) == [("cherry", 1)]
    assert found(Wanted("display", "valueString", "Sweet cherry"), exact=False) == [("cherry", 0)]


def test_more_than_a_machine_can_be_told() -> None:
    concepts = [{"code": str(n), "display": "same"} for n in range(MOST + 1)]
    many = Library([entry_of({**CODE_SYSTEM, "url": "urn:many", "concept": concepts})]).code_system(
        "urn:many"
    )
    assert many is not None
    with pytest.raises(Refusal) as refusal:
        find_matches(many, [Wanted("display", "valueString", "same")], exact=True)
    assert refusal.value.issues[0].code == "too-costly"
    assert len(find_matches(many, [Wanted("display", "valueString", "same")], exact=False)) == 100


def property_of(code: str, **value: Any) -> tuple[str, Any]:
    return "property", [{"name": "code", "valueCode": code}, {"name": "value", **value}]


def ask(*given: tuple[str, Any]) -> tuple[int, dict[str, Any]]:
    return answer("find-matches", Asked(LIBRARY, given, "", lambda: ("", "")))


def test_it_is_told_in_parameters() -> None:
    status, told = ask(
        ("system", "urn:fruit"), property_of("colour", valueCode="red"), property_of("size", valueInteger=3)
    )
    assert status == 200
    first = told["parameter"][0]
    assert first["name"] == "match"
    assert first["part"] == [
        {"name": "code", "valueCoding": {"system": "urn:fruit", "code": "apple", "display": "Apple"}},
        {
            "name": "unmatched",
            "part": [{"name": "code", "valueCode": "size"}, {"name": "value", "valueInteger": 3}],
        },
        {"name": "comment", "valueString": "1 of 2 properties match"},
    ]


@pytest.mark.parametrize(
    ("given", "status", "expression"),
    [
        ([property_of("a", valueCode="b")], 400, "system"),
        ([("system", "urn:fruit")], 400, "property"),
        ([("system", "urn:nothing"), property_of("a", valueCode="b")], 404, "system"),
        ([("system", "urn:fruit"), ("property", "a")], 400, "property"),
        ([("system", "urn:fruit"), ("property", [{"name": "subproperty"}])], 400, "property"),
        ([("system", "urn:fruit"), property_of("a", valueCode="b"), ("exact", "x")], 400, "exact"),
    ],
)
def test_what_makes_no_sense_is_told(given: list[tuple[str, Any]], status: int, expression: str) -> None:
    told, outcome = ask(*given)
    assert (told, outcome["issue"][0]["expression"]) == (status, [expression])
