"""What the naive search knows of codes: the value sets and code systems of the world, walked each time.

https://hl7.org/fhir/R4/valueset.html
"""

from collections.abc import Mapping
from typing import Any

Resource = dict[str, Any]
Codings = set[tuple[str, str]]


def members(world: Mapping[str, Resource], url: str) -> Codings:
    """(system, code) of every member of a value set."""
    found = [
        each
        for each in world.values()
        if each["resourceType"] == "ValueSet" and url in (each.get("url"), f"ValueSet/{each['id']}")
    ]
    if not found:
        return BUILT_IN[url]
    compose = found[0]["compose"]
    inside: Codings = set().union(*(part(world, each) for each in compose["include"]))
    return inside.difference(*(part(world, each) for each in compose.get("exclude", ())))


def part(world: Mapping[str, Resource], rule: Resource) -> Codings:
    sets = [members(world, url) for url in rule.get("valueSet", ())]
    if "concept" in rule:
        sets.append({(rule["system"], concept["code"]) for concept in rule["concept"]})
    elif "system" in rule:
        whole = {(rule["system"], code) for code in parents(world, rule["system"])}
        for one in rule.get("filter", ()):
            whole &= codes_below(world, rule["system"], one["value"])
            whole -= {(rule["system"], one["value"])} if one["op"] == "descendent-of" else set()
        sets.append(whole)
    return set.intersection(*sets)


def parents(world: Mapping[str, Resource], system: str) -> dict[str, str | None]:
    """Each code of the system, and what is above it."""
    found: dict[str, str | None] = {}

    def walk(concepts: list[Resource], above: str | None) -> None:
        for concept in concepts:
            found[concept["code"]] = above
            walk(concept.get("concept", []), concept["code"])

    for each in world.values():
        if each["resourceType"] == "CodeSystem" and each["url"] == system:
            walk(each["concept"], None)
    return found


def codes_above(world: Mapping[str, Resource], system: str, code: str) -> Codings:
    above = parents(world, system)
    found, at = {(system, code)}, above.get(code)
    while at is not None:
        found.add((system, at))
        at = above[at]
    return found


def codes_below(world: Mapping[str, Resource], system: str, code: str) -> Codings:
    return {
        (system, each)
        for each in {*parents(world, system), code}
        if (system, code) in codes_above(world, system, each)
    }


_STATUSES = (
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
)
STATUS = "http://hl7.org/fhir/observation-status"
BUILT_IN: Mapping[str, Codings] = {
    "http://hl7.org/fhir/ValueSet/observation-status": {(STATUS, code) for code in _STATUSES}
}
