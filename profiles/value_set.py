"""The codings of a value set that the packages at hand can enumerate.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any

Coding = tuple[str, str]
Definition = Mapping[str, Any]
Find = Callable[[str], Definition | None]


class NotEnumerable(LookupError):
    """The value set needs a code system that is not at hand in full, or a filter beyond the hierarchy."""


def codings(value_set: Definition, find: Find) -> frozenset[Coding]:
    """(system, code) of every member; `find` gives a code system or value set by its canonical URL.

    Raises NotEnumerable.
    """
    compose = value_set.get("compose", {})
    included = [_composed(part, find) for part in compose.get("include", ())]
    excluded = [_composed(part, find) for part in compose.get("exclude", ())]
    return frozenset().union(*included).difference(*excluded)


def concepts(concept: list[Definition]) -> Iterator[Definition]:
    """Every concept of a hierarchy, parents before their children."""
    for one in concept:
        yield one
        yield from concepts(one.get("concept", []))


def _composed(part: Definition, find: Find) -> frozenset[Coding]:
    """One include or exclude: what all that it names have in common."""
    sets = [codings(_found(url, find), find) for url in part.get("valueSet", ())]
    if "system" in part:
        sets.append(_of_system(part, find))
    return reduce(frozenset[Coding].intersection, sets) if sets else frozenset()


def _of_system(part: Definition, find: Find) -> frozenset[Coding]:
    system = part["system"]
    if "concept" in part:
        return frozenset((system, concept["code"]) for concept in part["concept"])
    definition = _found(system, find)
    if definition.get("content") != "complete":
        raise NotEnumerable(system)
    chosen = [_filtered(definition.get("concept", []), one) for one in part.get("filter", ())]
    every = frozenset(concept["code"] for concept in concepts(definition.get("concept", [])))
    return frozenset((system, code) for code in every.intersection(*chosen))


def _filtered(concept: list[Definition], one: Definition) -> frozenset[str]:
    """The codes that a filter on the hierarchy chooses."""
    if one["property"] != "concept" or one["op"] not in ("is-a", "descendent-of"):
        raise NotEnumerable(f"{one['property']} {one['op']}")
    below = (
        child["code"]
        for root in concepts(concept)
        if root["code"] == one["value"]
        for child in concepts(root.get("concept", []))
    )
    return frozenset(below) | ({one["value"]} if one["op"] == "is-a" else set())


def _found(url: str, find: Find) -> Definition:
    definition = find(url)
    if definition is None:
        raise NotEnumerable(url)
    return definition
