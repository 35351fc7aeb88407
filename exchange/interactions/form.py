"""The form of what is sent: `_summary`, `_elements`.

https://hl7.org/fhir/R4/search.html#summary
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from exchange.fhirjson import dumps, loads
from exchange.interactions.projection import Names, Node, Summaries, chosen, project, text
from exchange.interactions.request import Parameters
from exchange.outcome import FhirError
from profiles.definitions import Definitions

Resource = dict[str, Any]
Form = Callable[[bytes], bytes]

SUMMARIES: Final = ("true", "text", "data", "count", "false")
SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}
MAX_ELEMENTS: Final = 100
MAX_STEPS: Final = 16


def as_stored(body: bytes) -> bytes:
    """The form of most answers: the stored bytes."""
    return body


def form_of(parameters: Parameters, definitions: Definitions) -> Form:
    """How to send each resource; raises FhirError."""
    summaries = {value for name, value in parameters if name == "_summary"}
    elements = tuple(value for name, value in parameters if name == "_elements")
    if not summaries and not elements:
        return as_stored
    if len(summaries) > 1:
        raise FhirError("invalid", "_summary is given twice", "_summary")
    return _form(summaries.pop() if summaries else "false", elements, definitions)


@lru_cache(512)
def _form(summary: str, elements: tuple[str, ...], definitions: Definitions) -> Form:
    if summary not in SUMMARIES:
        raise FhirError("invalid", f"_summary is one of {', '.join(SUMMARIES)}", "_summary")
    if elements and summary not in ("false", "count"):
        raise FhirError("invalid", "_summary and _elements exclude each other", "_elements")
    if elements:
        return _projecting(_choosing(elements, definitions))
    match summary:
        case "true":
            summaries = _summaries(definitions)
            return _projecting(lambda type_: summaries[type_])
        case "text":
            return _projecting(lru_cache(None)(lambda type_: text(definitions, type_)))
        case "data":
            return _without_text
    return as_stored


@lru_cache(4)
def _summaries(definitions: Definitions) -> Summaries:
    return Summaries(definitions)


def _choosing(elements: tuple[str, ...], definitions: Definitions) -> Callable[[str], Node | None]:
    """The elements of every type, and those that are asked of one type only; a type of which nothing is asked
    is left whole."""
    general: Names = {}
    by_type: dict[str, Names] = {}
    for path in _paths(elements):
        first, *rest = path
        if first in definitions.resource_types:
            _add(by_type.setdefault(first, {}), rest)
        else:
            _add(general, path)

    @lru_cache(None)
    def of(type_: str) -> Node | None:
        asked = by_type.get(type_, {})
        if not general and not asked:
            return None
        return chosen(definitions, type_, _merged(general, asked))

    return of


def _paths(elements: tuple[str, ...]) -> list[list[str]]:
    paths = [path.strip().split(".") for value in elements for path in value.split(",") if path.strip()]
    if not paths:
        raise FhirError("invalid", "_elements names at least one element", "_elements")
    if len(paths) > MAX_ELEMENTS or any(len(path) > MAX_STEPS or not all(path) for path in paths):
        raise FhirError("invalid", "_elements names elements, as in `name` or `Patient.name`", "_elements")
    return paths


def _add(names: Names, path: list[str]) -> None:
    """A path that ends where another goes on asks for all that is there."""
    for step in path[:-1]:
        if step in names and not names[step]:
            return
        names = names.setdefault(step, {})
    if path:
        names[path[-1]] = {}


def _merged(one: Names, other: Names) -> Names:
    merged = dict(one)
    for name, deeper in other.items():
        known = merged.get(name)
        merged[name] = _merged(known, deeper) if known and deeper else {} if known == {} else deeper
    return merged


def _projecting(tree: Callable[[str], Node | None]) -> Form:
    def projected(body: bytes) -> bytes:
        resource = loads(body)
        node = tree(resource["resourceType"])
        return body if node is None else dumps(subsetted(project(node, resource)))

    return projected


def _without_text(body: bytes) -> bytes:
    resource = loads(body)
    resource.pop("text", None)
    return dumps(subsetted(resource))


def subsetted(resource: Resource) -> Resource:
    """The resource with the tag that says that it is not whole."""
    meta = resource.get("meta", {})
    tags = meta.get("tag", [])
    if any(tag.get("code") == "SUBSETTED" for tag in tags):
        return resource
    return {**resource, "meta": {**meta, "tag": [*tags, SUBSETTED]}}
