"""Concept maps: directions, unmapped codes, what a mapping depends on."""

from typing import Any

import pytest

from terminology.checks import CodeOf
from terminology.library import Library, entry_of
from terminology.translate import Wanted, concept_map_of, translate

A, B = "urn:a", "urn:b"


def concept_map(url: str = "urn:map", **group: Any) -> dict[str, Any]:
    element = [
        {
            "code": "1",
            "target": [{"code": "x", "equivalence": "wider"}, {"code": "y", "equivalence": "disjoint"}],
        },
        {
            "code": "2",
            "target": [
                {
                    "code": "z",
                    "equivalence": "equivalent",
                    "dependsOn": [{"property": "urn:site", "value": "left"}],
                    "product": [{"property": "urn:side", "system": B, "value": "L"}],
                }
            ],
        },
    ]
    made = {"source": A, "target": B, "element": element, **group}
    return {"resourceType": "ConceptMap", "url": url, "group": [made]}


def found(
    resource: dict[str, Any], code: str, wanted: Wanted, *others: dict[str, Any]
) -> list[tuple[str, str]]:
    library = Library(entry_of(each) for each in (resource, *others))
    system = B if wanted.is_reverse else A
    told = translate(library, [concept_map_of(resource)], [CodeOf(system, code)], wanted)
    return [(match.equivalence, match.concept.code) for match in told.matches]


def test_matches_are_told_with_their_equivalence() -> None:
    assert found(concept_map(), "1", Wanted()) == [("wider", "x"), ("disjoint", "y")]
    assert found(concept_map(), "x", Wanted(is_reverse=True)) == [("narrower", "1")]
    assert found(concept_map(), "y", Wanted(is_reverse=True)) == []


def test_only_disjoint_is_no_translation() -> None:
    told = translate(Library(), [concept_map_of(concept_map())], [CodeOf(A, "9")], Wanted())
    assert not told.result
    assert told.message


def test_what_a_match_depends_on_must_be_given() -> None:
    assert found(concept_map(), "2", Wanted()) == []
    given = Wanted(depends_on=(("urn:site", "left"),))
    assert found(concept_map(), "2", given) == [("equivalent", "z")]
    assert found(concept_map(), "2", Wanted(depends_on=(("urn:site", "right"),))) == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"mode": "provided"}, [("equal", "9")]),
        ({"mode": "fixed", "code": "other"}, [("inexact", "other")]),
        ({"mode": "other-map", "url": "urn:second"}, [("inexact", "second")]),
        ({"mode": "other-map", "url": "urn:map"}, []),
        ({"mode": "other-map", "url": "urn:none"}, []),
    ],
)
def test_a_code_that_is_not_there_follows_the_groups_rule(rule: dict[str, str], expected: list[Any]) -> None:
    second = concept_map("urn:second", unmapped={"mode": "fixed", "code": "second"})
    assert found(concept_map(unmapped=rule), "9", Wanted(), second) == expected


def test_r5s_relationships_are_understood() -> None:
    target = [{"code": "x", "relationship": "source-is-narrower-than-target"}]
    assert found(concept_map(element=[{"code": "1", "target": target}]), "1", Wanted()) == [("wider", "x")]
