"""The members of value sets as codings."""

from typing import Any

import pytest

from terminology.coded import above, below, codings
from terminology.library import Library, entry_of
from terminology.texts import Refusal
from terminology.value_set import value_set_of

WHOLE = {
    "resourceType": "CodeSystem",
    "url": "urn:s",
    "version": "1",
    "content": "complete",
    "concept": [{"code": "a", "concept": [{"code": "b", "concept": [{"code": "c"}]}]}, {"code": "d"}],
}
FRAGMENT = {**WHOLE, "url": "urn:fragment", "content": "fragment"}
LISTED = {"system": "urn:s", "concept": [{"code": "b"}, {"code": "x"}]}
LIBRARY = Library(
    map(
        entry_of,
        (
            WHOLE,
            FRAGMENT,
            {"resourceType": "ValueSet", "url": "urn:listed", "compose": {"include": [LISTED]}},
        ),
    )
)


def members(*include: dict[str, Any], exclude: list[dict[str, Any]] | None = None, most: int = 0) -> set[str]:
    compose = {"include": list(include), "exclude": exclude or []}
    value_set = value_set_of({"resourceType": "ValueSet", "url": "urn:vs", "compose": compose})
    return {f"{system}#{code}" for system, code in codings(LIBRARY, value_set, most)}


def test_listed_codes_need_no_code_system() -> None:
    assert members(LISTED) == {"urn:s#b", "urn:s#x"}
    assert members({"system": "urn:elsewhere", "concept": [{"code": "x"}]}) == {"urn:elsewhere#x"}


def test_lists_and_whole_systems_are_set_against_each_other() -> None:
    assert members({"system": "urn:s"}, exclude=[LISTED]) == {"urn:s#a", "urn:s#c", "urn:s#d"}
    assert members({"system": "urn:s", "valueSet": ["urn:listed"]}) == {"urn:s#b"}
    assert members(LISTED, {"system": "urn:s"}) == {f"urn:s#{code}" for code in "abcdx"}


@pytest.mark.parametrize(
    "include", [{"system": "urn:fragment"}, {"system": "urn:nothing"}, {"valueSet": ["urn:vs"]}]
)
def test_what_is_not_there_in_full_is_refused(include: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        members(include)


def test_members_are_bounded() -> None:
    assert len(members({"system": "urn:s"}, most=4)) == 4
    with pytest.raises(Refusal):
        members({"system": "urn:s"}, most=3)
    with pytest.raises(Refusal):
        below(LIBRARY, "urn:s", "a", 1)


def test_an_expansion_stands_for_rules() -> None:
    contains = [
        {"system": "urn:s", "code": "a", "abstract": True, "contains": [{"system": "urn:s", "code": "b"}]}
    ]
    expanded = value_set_of({"resourceType": "ValueSet", "expansion": {"contains": contains}})
    assert codings(LIBRARY, expanded) == {("urn:s", "b")}
    for expansion in ({"contains": contains, "total": 3}, {}):
        with pytest.raises(Refusal):
            codings(LIBRARY, value_set_of({"resourceType": "ValueSet", "expansion": expansion}))


def test_above_and_below() -> None:
    assert above(LIBRARY, "urn:s", "c") == {("urn:s", code) for code in "abc"}
    assert below(LIBRARY, "urn:s", "b") == {("urn:s", code) for code in "bc"}
    assert below(LIBRARY, "urn:s", "z") == {("urn:s", "z")}
    with pytest.raises(Refusal):
        below(LIBRARY, "urn:fragment", "a")
