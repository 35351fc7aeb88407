"""A naive search over parsed resources: what the SQL search must agree with.

It shares nothing with the compiled search: elements are read by hand, dates are compared as datetimes,
numbers as decimals, and a reference is followed by looking through the world.

https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.exchange.search import naive
from tests.exchange.search.elements import BASE, PARAMETERS, PART_OF, Composite, Resource, at, several
from tests.exchange.search.naive import compare, interval, plain, split
from tests.exchange.search.terminology import codes_above, codes_below, members

World = Mapping[str, Resource]

__all__ = ["BASE", "World", "fulfils", "search", "sort_value"]


def search(world: World, resource_type: str, query: Iterable[tuple[str, str]]) -> list[str]:
    """The ids of the matches; in the order of `_sort` if there is one, else sorted by id."""
    given = list(query)
    criteria = [(name, value) for name, value in given if name != "_sort"]
    sort = next((value for name, value in given if name == "_sort"), "_id")
    found = [
        resource
        for resource in world.values()
        if resource["resourceType"] == resource_type
        if all(fulfils(world, resource, name, value) for name, value in criteria)
    ]
    return [resource["id"] for resource in ordered(found, sort)]


def resolved(world: World, reference: Any) -> list[Resource]:
    """What a reference names in the world, whatever its version and base; a canonical by its URL."""
    if isinstance(reference, str):
        url = reference.partition("|")[0]
        return [each for each in world.values() if each.get("url") == url]
    name = reference.get("reference", "").removeprefix(f"{BASE}/").partition("/_history/")[0]
    return [world[name]] if name in world else []


def fulfils(world: World, resource: Resource, name: str, value: str) -> bool:
    if name.startswith("_has:"):
        _, source_type, reference, rest = name.split(":", 3)
        parameter = PARAMETERS[source_type][reference]
        return any(
            any(resource in resolved(world, target) for target in parameter.values(source))
            and fulfils(world, source, rest, value)
            for source in world.values()
            if source["resourceType"] == source_type
        )
    head, dot, rest = name.partition(".")
    code, _, modifier = head.partition(":")
    parameter = PARAMETERS[resource["resourceType"]][code]
    found = parameter.values(resource)
    if (code, modifier) in (("patient", "identifier"), ("patient", "text")):  # who that is cannot be resolved
        found = several(at("subject"), at("agent", "who"), at("entity", "what"))(resource)
    if dot:
        return any(
            target["resourceType"] == (modifier or target["resourceType"])
            and is_known(target["resourceType"], rest)
            and fulfils(world, target, rest, value)
            for reference in found
            for target in resolved(world, reference)
        )
    if modifier == "missing":
        if parameter.kind == "quantity":  # a currency alone is no value
            found = [each for each in found if naive.bounds(each)]
        return (not found) == (value == "true")
    if modifier in ("not", "not-in"):
        return not fulfils(world, resource, code + (":in" if modifier == "not-in" else ""), value)
    return any(holds(world, parameter, found, one, modifier) for one in split(value, ","))


def is_known(resource_type: str, name: str) -> bool:
    """Whether a chain may go on like this from a type."""
    first = name.partition(".")[0].partition(":")[0]
    return first == "_has" or first in PARAMETERS[resource_type]


def holds(world: World, parameter: Any, found: list[Any], wanted: str, modifier: str) -> bool:
    """Whether one of the values is what is wanted."""
    if isinstance(parameter, Composite):
        return any(composed(parameter, values, wanted) for values in found)
    match parameter.kind, modifier:
        case "token", "in":
            return any(is_coded(one, members(world, unescaped(wanted))) for one in found)
        case "token", "above":
            return any(is_coded(one, codes_above(world, *split(wanted, "|"))) for one in found)
        case "token", "below":
            return any(is_coded(one, codes_below(world, *split(wanted, "|"))) for one in found)
        case "reference", "above" | "below":
            return any(is_kin(world, one, wanted, modifier) for one in found)
    return any(compare(parameter.kind, wanted, one, modifier) for one in found)


def unescaped(value: str) -> str:
    return "".join(split(value, "\0"))


def composed(parameter: Composite, values: tuple[list[Any], ...], wanted: str) -> bool:
    """Whether the parts of one element are each what is wanted."""
    return all(
        any(compare(part.kind, one, each, "") for each in found)
        for part, found, one in zip(parameter.parts, values, split(wanted, "$", keep=True), strict=True)
    )


def is_coded(value: Any, codes: set[tuple[str, str]]) -> bool:
    if isinstance(value, str):
        return value in {code for _, code in codes}
    codings = value.get("coding", []) if "coding" in value or set(value) <= {"text"} else [value]
    return any((naive.canonical(c.get("system", "")), c.get("code")) in codes for c in codings)


def is_kin(world: World, reference: Resource, wanted: str, how: str) -> bool:
    """Whether the reference names what is wanted, or what is above or below it."""
    if compare("reference", wanted, reference, ""):
        return True
    for target in resolved(world, reference):
        upward = PART_OF.get(target["resourceType"])
        if upward is None:
            continue
        named = {f"{target['resourceType']}/{wanted.removeprefix(BASE + '/').rpartition('/')[2]}"}
        if "/" in wanted and wanted.removeprefix(f"{BASE}/") not in named:
            continue
        reached = ancestors(world, target, upward)
        if how == "below" and named & reached:
            return True
        for name in named & world.keys():
            if how == "above" and f"{target['resourceType']}/{target['id']}" in ancestors(
                world, world[name], upward
            ):
                return True
    return False


def ancestors(world: World, resource: Resource, upward: str) -> set[str]:
    """`Type/id` of the resource and of all that it is part of, stored or not."""
    own = f"{resource['resourceType']}/{resource['id']}"
    reached, waiting = {own}, [resource]
    while waiting:
        for reference in PARAMETERS[resource["resourceType"]][upward].values(waiting.pop()):
            name = reference.get("reference", "").removeprefix(f"{BASE}/").partition("/_history/")[0]
            if name and name not in reached:
                reached.add(name)
                waiting += [
                    each
                    for each in resolved(world, reference)
                    if each["resourceType"] == resource["resourceType"]
                ]
    return reached


def ordered(found: list[Resource], sort: str) -> list[Resource]:
    """By each key in turn; what lacks the value comes last."""
    result = sorted(found, key=lambda resource: resource["id"])
    for key in reversed(sort.split(",")):
        descending, code = key.startswith("-"), key.removeprefix("-")
        lacking = [resource for resource in result if sort_value(resource, code, descending) is None]
        having = [resource for resource in result if sort_value(resource, code, descending) is not None]
        having.sort(key=lambda r: sort_value(r, code, descending), reverse=descending)
        result = having + lacking
    return result


LEADING_DATES = ("date", "birthdate", "_lastUpdated", "onset-date")


def sort_value(resource: Resource, code: str, descending: bool) -> Any:
    parameter = PARAMETERS[resource["resourceType"]][code]
    found = parameter.values(resource)
    if parameter.kind == "string":
        values = [plain(value) for value in found]
    elif parameter.kind == "date":
        end = descending and code not in LEADING_DATES
        values = [interval(value)[1 if end else 0] for value in found]
    elif parameter.kind in ("quantity", "number"):
        values = [naive.bounds(value)[1 if descending else 0] for value in found if naive.bounds(value)]
    elif code == "identifier":
        values = [value["value"] for value in found if "value" in value]
    else:
        values = found
    return (max if descending else min)(values, default=None)
