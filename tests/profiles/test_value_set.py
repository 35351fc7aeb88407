"""Compositions as sets of codings."""

from typing import Any

import pytest

from profiles.value_set import FoundLibrary, NotEnumerable, codings

SYSTEM = {
    "resourceType": "CodeSystem",
    "url": "http://s",
    "content": "complete",
    "concept": [{"code": "a", "concept": [{"code": "b", "concept": [{"code": "c"}]}]}, {"code": "d"}],
}


def listed(url: str, *codes: str) -> dict[str, Any]:
    include = {"system": "http://s", "concept": [{"code": code} for code in codes]}
    return {"resourceType": "ValueSet", "url": url, "compose": {"include": [include]}}


KNOWN: dict[str, Any] = {
    "http://s": SYSTEM,
    "http://fragment": {**SYSTEM, "url": "http://fragment", "content": "fragment"},
    "http://v/ab": listed("http://v/ab", "a", "b"),
    "http://v/bc": listed("http://v/bc", "b", "c"),
}
LIBRARY = FoundLibrary(KNOWN.get)


def codes(*include: dict[str, Any], exclude: list[dict[str, Any]] | None = None) -> set[str]:
    value_set = {"compose": {"include": list(include), "exclude": exclude or []}}
    return {code for _, code in codings(value_set, LIBRARY)}


def filtered(op: str, value: str) -> dict[str, Any]:
    return {"system": "http://s", "filter": [{"property": "concept", "op": op, "value": value}]}


def test_a_whole_system() -> None:
    assert codings({"compose": {"include": [{"system": "http://s"}]}}, LIBRARY) == {
        ("http://s", code) for code in "abcd"
    }


def test_listed_codes_need_no_system_at_hand() -> None:
    assert codes({"system": "http://elsewhere", "concept": [{"code": "x"}]}) == {"x"}


def test_hierarchy() -> None:
    assert codes(filtered("is-a", "b")) == {"b", "c"}
    assert codes(filtered("descendent-of", "a")) == {"b", "c"}
    assert codes(filtered("is-a", "nothing")) <= {"nothing"}


def test_parts_of_an_include_intersect_and_includes_unite() -> None:
    assert codes({"valueSet": ["http://v/ab", "http://v/bc"]}) == {"b"}
    assert codes({"valueSet": ["http://v/ab"], **filtered("is-a", "b")}) == {"b"}
    assert codes({"valueSet": ["http://v/ab"]}, {"valueSet": ["http://v/bc"]}) == {"a", "b", "c"}


def test_exclusion() -> None:
    assert codes({"system": "http://s"}, exclude=[{"valueSet": ["http://v/ab"]}]) == {"c", "d"}


@pytest.mark.parametrize(
    "include",
    [
        {"system": "http://unknown"},
        {"system": "http://fragment"},
        {"valueSet": ["http://unknown"]},
        {"system": "http://s", "filter": [{"property": "concept", "op": "regex", "value": "(a"}]},
        {"system": "http://s", "filter": [{"property": "colour", "op": "=", "value": "a"}]},
    ],
)
def test_what_cannot_be_enumerated(include: dict[str, Any]) -> None:
    with pytest.raises(NotEnumerable):
        codes(include)


def test_filters_are_terminologys() -> None:
    assert codes(
        {"system": "http://s", "filter": [{"property": "code", "op": "regex", "value": "[ab]"}]}
    ) == {
        "a",
        "b",
    }
