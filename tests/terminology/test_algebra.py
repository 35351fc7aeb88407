"""Value sets as bitmaps equal what their rules say, evaluated concept by concept."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from terminology.answering import LibraryChecks
from terminology.checks import Check, CodeOf
from terminology.expansion import expand
from terminology.library import Library, entry_of
from terminology.options import Options, options_of
from terminology.scope import Scope
from terminology.texts import Refusal
from tests.terminology.worlds import world

Coding = tuple[str, str]


def library(resources: list[dict[str, Any]]) -> Library:
    return Library(entry_of(each) for each in resources)


def expanded(resources: list[dict[str, Any]], url: str, **said: Any) -> list[Coding]:
    scope = Scope(library(resources), options_of(said.items()))
    value_set = scope.value_set(url)
    assert value_set is not None
    roots = expand(scope, value_set).contains
    return [(member.system, member.code) for root in roots for member in root.walk()]


class Naive:
    """The rules read out, without any index."""

    def __init__(self, resources: list[dict[str, Any]]) -> None:
        self.systems = {
            each["url"]: each["concept"] for each in resources if each["resourceType"] == "CodeSystem"
        }
        self.value_sets = {each["url"]: each for each in resources if each["resourceType"] == "ValueSet"}

    def members(self, url: str) -> set[Coding]:
        compose = self.value_sets[url]["compose"]
        found: set[Coding] = set()
        for part in compose["include"]:
            found |= self.part(part)
        if compose.get("inactive") is False:
            found = {each for each in found if not self.is_inactive(each)}
        for part in compose.get("exclude", ()):
            found -= self.part(part)
        return found

    def part(self, part: dict[str, Any]) -> set[Coding]:
        sets = [self.members(url) for url in part.get("valueSet", ())]
        if "system" in part:
            concepts = self.systems[part["system"]]
            chosen = {each["code"] for each in concepts}
            if "concept" in part:
                chosen &= {each["code"] for each in part["concept"]}
            for each in part.get("filter", ()):
                chosen = {code for code in chosen if self.passes(concepts, code, each)}
            sets.append({(part["system"], code) for code in chosen})
        return set.intersection(*sets)

    def is_inactive(self, coding: Coding) -> bool:
        concept = next(each for each in self.systems[coding[0]] if each["code"] == coding[1])
        return {"code": "inactive", "valueBoolean": True} in concept["property"]

    def passes(self, concepts: list[Any], code: str, rule: dict[str, str]) -> bool:
        value, op = rule["value"], rule["op"]
        if rule["property"] == "concept":
            return self.stands(concepts, code, op, value)
        concept = next(each for each in concepts if each["code"] == code)
        mine = next(each["valueCode"] for each in concept["property"] if each["code"] == "colour")
        return {
            "=": mine == value,
            "in": mine in value.split(","),
            "not-in": mine not in value.split(","),
            "regex": re.fullmatch(value, mine) is not None,
            "exists": value == "true",
        }[op]

    def stands(self, concepts: list[Any], code: str, op: str, value: str) -> bool:
        known = value in {each["code"] for each in concepts}
        below = self.below(concepts, value) if known else set()
        return {
            "is-a": known and (code == value or code in below),
            "descendent-of": code in below,
            "is-not-a": not known or (code != value and code not in below),
            "generalizes": known and (code == value or value in self.below(concepts, code)),
            "child-of": known and value in self.parents(concepts, code),
            "descendent-leaf": code in below and not self.below(concepts, code),
        }[op]

    def parents(self, concepts: list[Any], code: str) -> set[str]:
        concept = next(each for each in concepts if each["code"] == code)
        return {each["valueCode"] for each in concept["property"] if each["code"] == "parent"}

    def below(self, concepts: list[Any], code: str) -> set[str]:
        children = {each["code"] for each in concepts if code in self.parents(concepts, each["code"])}
        return children.union(*(self.below(concepts, child) for child in children))


@settings(max_examples=50, deadline=None)
@given(world())
def test_bitmaps_equal_the_rules_read_out(resources: list[dict[str, Any]]) -> None:
    naive = Naive(resources)
    for url in naive.value_sets:
        found = expanded(resources, url)
        assert len(found) == len(set(found))
        assert set(found) == naive.members(url)


@settings(max_examples=30, deadline=None)
@given(world())
def test_just_the_members_validate(resources: list[dict[str, Any]]) -> None:
    checks = LibraryChecks(library(resources))
    naive = Naive(resources)
    codings = [(url, each["code"]) for url, concepts in naive.systems.items() for each in concepts]
    for url in naive.value_sets:
        members = naive.members(url)
        asked = [Check("Coding", (CodeOf(*coding),), url) for coding in codings]
        answers = checks.check(asked * 2)
        assert answers == [checks._full(each) for each in asked] * 2
        results = [answer.result for answer in answers]
        assert results == [coding in members for coding in codings] * 2


@settings(max_examples=20, deadline=None)
@given(world())
def test_pages_make_the_whole(resources: list[dict[str, Any]]) -> None:
    url = "http://a.example/vs2"
    whole = expanded(resources, url, excludeNested=True)
    pages = [expanded(resources, url, count=2, offset=start) for start in range(0, len(whole) + 2, 2)]
    assert [coding for page in pages for coding in page] == whole


def value_set(url: str, *included: str) -> dict[str, Any]:
    compose = {"include": [{"valueSet": [each]} for each in included]}
    return {"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose}


def test_a_circle_is_refused() -> None:
    circle = [
        value_set("http://a.example/x", "http://a.example/y"),
        value_set("http://a.example/y", "http://a.example/x"),
    ]
    with pytest.raises(Refusal) as caught:
        expanded(circle, "http://a.example/x")
    assert caught.value.issues[0].message_id == "VALUESET_CIRCULAR_REFERENCE"
    check = Check("Coding", (CodeOf("http://a.example/one", "c1"),), "http://a.example/x")
    assert LibraryChecks(library(circle)).check([check])[0].result is None


def test_value_sets_that_include_each_other_again_and_again_end_soon() -> None:
    names = [f"http://a.example/n{n}" for n in range(35)]
    system = {"resourceType": "CodeSystem", "url": "urn:s", "content": "complete", "concept": [{"code": "c"}]}
    first = {"resourceType": "ValueSet", "url": names[0], "compose": {"include": [{"system": "urn:s"}]}}
    doubled = [value_set(name, below, below) for below, name in pairwise(names)]
    resources = [system, first, *doubled]
    assert expanded(resources, names[-1]) == [("urn:s", "c")]
    checks = LibraryChecks(library(resources))
    asked = [Check("Coding", (CodeOf("urn:s", code),), names[-1]) for code in ("c", "d")]
    answers = checks.check(asked)
    assert [answer.result for answer in answers] in ([True, False], [True, None])


def test_a_long_chain_of_value_sets_is_refused() -> None:
    names = [f"http://a.example/n{n}" for n in range(2_000)]
    chain = [value_set(name, below) for below, name in pairwise(names)]
    chain.append({"resourceType": "ValueSet", "url": names[0], "compose": {"include": [{"system": "urn:s"}]}})
    with pytest.raises(Refusal) as caught:
        expanded(chain, names[-1])
    assert caught.value.issues[0].code == "too-costly"
    check = Check("Coding", (CodeOf("urn:s", "c"),), names[-1])
    assert LibraryChecks(library(chain)).check([check])[0].result is None


def test_a_hierarchy_that_is_a_circle_ends() -> None:
    concepts = [
        {"code": code, "property": [{"code": "parent", "valueCode": above}]}
        for code, above in (("a", "b"), ("b", "a"))
    ]
    system = {
        "resourceType": "CodeSystem",
        "url": "http://a.example/round",
        "content": "complete",
        "concept": concepts,
    }
    rule = {"property": "concept", "op": "is-a", "value": "a"}
    compose = {"include": [{"system": "http://a.example/round", "filter": [rule]}]}
    resources = [system, {"resourceType": "ValueSet", "url": "http://a.example/v", "compose": compose}]
    assert {code for _, code in expanded(resources, "http://a.example/v")} == {"a", "b"}


def test_too_many_codes_are_refused_unless_paged() -> None:
    concepts = [{"code": f"c{n}"} for n in range(1_200)]
    system = {
        "resourceType": "CodeSystem",
        "url": "http://a.example/big",
        "content": "complete",
        "concept": concepts,
    }
    compose = {"include": [{"system": "http://a.example/big"}]}
    resources = [system, {"resourceType": "ValueSet", "url": "http://a.example/v", "compose": compose}]
    with pytest.raises(Refusal) as caught:
        expanded(resources, "http://a.example/v")
    assert (caught.value.status, caught.value.issues[0].code) == (422, "too-costly")
    assert expanded(resources, "http://a.example/v", count=2, offset=1_100) == [
        ("http://a.example/big", "c1100"),
        ("http://a.example/big", "c1101"),
    ]


def test_the_same_library_answers_one_after_the_other() -> None:
    assert Options() == options_of(())
