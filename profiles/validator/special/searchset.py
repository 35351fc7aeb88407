"""The Bundle that a search gives. https://hl7.org/fhir/R4/http.html#search"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from profiles.validator.context import Context
from terminology.issue import Issue

Element = Mapping[str, Any]
OUTCOME = "OperationOutcome"


def searchset(value: Element, context: Context) -> Iterator[Issue]:
    link = next((one for one in value.get("link", ()) if one.get("relation") == "self"), None)
    types = searched(link.get("url", ""), context.run.validator.definitions.resource_types) if link else set()
    if link is None:
        text = "A searchset should have a self link that says what the search was"
        yield context.issue("warning", "invalid", text, "searchset-self")
    elif not types:
        text = "The self link does not say which types were searched for"
        yield context.issue("information", "invalid", text, "searchset-types")
    entries = value["entry"]
    if any("mode" in entry.get("search", {}) for entry in entries):
        for index, entry in enumerate(entries):
            yield from _with_mode(entry, types, f".entry[{index}]", context)
    else:
        yield from _without_modes(entries, types, context)


def searched(url: str, resource_types: Collection[str]) -> set[str]:
    """The types that a search is for, as its URL tells."""
    parts = urlsplit(url)
    last = parts.path.rstrip("/").removesuffix("/_search").rpartition("/")[2]
    if last in resource_types:
        return {last}
    return {name for given in parse_qs(parts.query).get("_type", ()) for name in given.split(",") if name}


def _without_modes(entries: Any, types: set[str], context: Context) -> Iterator[Issue]:
    found = set()
    doubtful = not types
    for index, entry in enumerate(entries):
        at = f".entry[{index}]"
        yield from _resource(entry, at, context)
        resource = entry.get("resource")
        kind = resource.get("resourceType") if resource else OUTCOME
        if kind == OUTCOME:
            continue
        if "id" not in (resource or {}):
            text = "Search results should have ids"
            yield context.issue("warning", "invalid", text, "searchset-id", f"{at}.resource")
        if types and kind not in types:
            doubtful = True
            text = (
                f"{kind} is not a type that was searched for ({', '.join(sorted(types))}); is a mode missing?"
            )
            yield context.issue("warning", "invalid", text, "searchset-type", f"{at}.resource")
        found.add(kind)
    severity: Any = "warning" if doubtful or len(found) > 1 else "information"
    yield context.issue(
        severity, "invalid", "Entries of a searchset should have search modes", "searchset-mode"
    )


def _with_mode(entry: Element, types: set[str], at: str, context: Context) -> Iterator[Issue]:
    mode = entry.get("search", {}).get("mode")
    if mode is None:
        return
    yield from _resource(entry, at, context)
    resource = entry.get("resource")
    if resource is None:
        return
    kind, below = resource.get("resourceType"), f"{at}.resource"
    if mode == "outcome":
        if kind != OUTCOME:
            yield context.issue(
                "error", "invalid", f"{kind} is no OperationOutcome", "searchset-outcome", below
            )
        return
    if "id" not in resource:
        yield context.issue("error", "invalid", "Search results must have ids", "searchset-id", below)
    if mode == "match" and types and kind not in types:
        text = f"{kind} is not a type that was searched for ({', '.join(sorted(types))})"
        yield context.issue("error", "invalid", text, "searchset-type", below)


def _resource(entry: Element, at: str, context: Context) -> Iterator[Issue]:
    if "resource" not in entry:
        yield context.issue("error", "invalid", "Each result has a resource", "searchset-resource", at)
