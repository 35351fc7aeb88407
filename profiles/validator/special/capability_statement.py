"""What a CapabilityStatement says of definitions that are at hand.

https://hl7.org/fhir/R4/capabilitystatement.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]


def capability_statement(value: Element, context: Context) -> Iterator[Issue]:
    for number, rest in enumerate(value.get("rest", ())):
        below = f".rest[{number}]"
        yield from _parameters(rest, below, context)
        yield from _operations(rest, below, context)
        for index, resource in enumerate(rest.get("resource", ())):
            at = f"{below}.resource[{index}]"
            yield from _parameters(resource, at, context)
            yield from _operations(resource, at, context)
            yield from _profiles(resource, at, context)


def _parameters(holder: Element, at: str, context: Context) -> Iterator[Issue]:
    """A parameter has the type of its definition, which R4's own statements do not always heed."""
    for index, one in enumerate(holder.get("searchParam", ())):
        held = context.definition(one["definition"]) if "definition" in one else None
        below = f"{at}.searchParam[{index}]"
        if held is None:
            continue
        if held.get("resourceType") != "SearchParameter":
            text = f"{one['definition']} is no SearchParameter, but a {held.get('resourceType')}"
            yield context.issue("error", "invalid", text, "capability-definition", below)
        elif one.get("type") is not None and held.get("type") != one["type"]:
            text = f"The parameter {one.get('name')!r} is of type {held.get('type')}, not {one['type']}"
            yield context.issue("warning", "invalid", text, "capability-parameter", below)


def _operations(holder: Element, at: str, context: Context) -> Iterator[Issue]:
    for index, one in enumerate(holder.get("operation", ())):
        held = context.definition(one["definition"]) if "definition" in one else None
        if held is not None and held.get("resourceType") != "OperationDefinition":
            text = f"{one['definition']} is no OperationDefinition, but a {held.get('resourceType')}"
            yield context.issue("error", "invalid", text, "capability-definition", f"{at}.operation[{index}]")


def _profiles(resource: Element, at: str, context: Context) -> Iterator[Issue]:
    """Profiles of a resource are of its type."""
    named = [(resource["profile"], f"{at}.profile")] if "profile" in resource else []
    named += [
        (canonical, f"{at}.supportedProfile[{index}]")
        for index, canonical in enumerate(resource.get("supportedProfile", ()))
    ]
    for canonical, below in named:
        held = context.definition(canonical)
        kind = held.get("type") if held else None
        if kind is not None and kind != resource.get("type"):
            text = f"The profile {canonical} is of {kind}, not of {resource.get('type')}"
            yield context.issue("error", "invalid", text, "capability-profile", below)
