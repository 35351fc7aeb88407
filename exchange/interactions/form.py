"""The form of what is sent: `_pretty`, `_summary`, `_elements`.

https://hl7.org/fhir/R4/search.html#summary
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from exchange.fhirjson import dumps, loads
from exchange.interactions.request import Parameters
from exchange.outcome import FhirError

Resource = dict[str, Any]
Form = Callable[[bytes], bytes]


class Element(Protocol):
    """What is needed of an element definition."""

    @property
    def path(self) -> str: ...
    @property
    def min(self) -> int: ...
    @property
    def is_summary(self) -> bool: ...


class Definitions(Protocol):
    """What is needed of the R4 definitions."""

    def element(self, path: str) -> Element | None: ...


SUMMARIES: Final = ("true", "text", "data", "count", "false")
SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}


def as_stored(body: bytes) -> bytes:
    """The form of most answers: the stored bytes."""
    return body


def form_of(parameters: Parameters, definitions: Definitions) -> Form:
    """How to send each resource."""
    asked = dict(parameters)
    summary, elements = asked.get("_summary"), asked.get("_elements")
    if summary is not None and summary not in SUMMARIES:
        raise FhirError("invalid", f"_summary is one of {', '.join(SUMMARIES)}", "_summary")
    if elements is not None:
        names = frozenset(name.strip().rpartition(".")[2] for name in elements.split(",")) - {""}
        if not names:
            raise FhirError("invalid", "_elements names at least one element", "_elements")
        return lambda body: _subset(
            body, definitions, lambda name, element: bool({name, _stem(element)} & names)
        )
    if summary == "text":
        return lambda body: _subset(body, definitions, lambda name, element: name == "text")
    if summary == "true":
        return lambda body: _subset(body, definitions, lambda name, element: element.is_summary)
    return _without_text if summary == "data" else as_stored


def pretty(body: bytes) -> bytes:
    """The same JSON, indented."""
    return msgspec.json.format(body, indent=2)


def _subset(body: bytes, definitions: Definitions, wanted: Callable[[str, Element], bool]) -> bytes:
    """Id, meta, the elements wanted and those without which the resource is invalid."""
    resource = loads(body)
    kept = {}
    for property_, value in resource.items():
        name = property_.lstrip("_")
        element = definitions.element(f"{resource['resourceType']}.{name}")
        if name in _ALWAYS or (element is not None and (element.min > 0 or wanted(name, element))):
            kept[property_] = value
    return dumps(_tagged(kept))


def _without_text(body: bytes) -> bytes:
    resource = loads(body)
    return dumps(_tagged({name: value for name, value in resource.items() if name != "text"}))


def _stem(element: Element) -> str:
    """`value` for `valueString`: a choice may be named without its type."""
    return element.path.rpartition(".")[2].removesuffix("[x]")


def _tagged(resource: Resource) -> Resource:
    meta = resource.get("meta", {})
    tags: Sequence[Any] = meta.get("tag", ())
    return {**resource, "meta": {**meta, "tag": [*tags, SUBSETTED]}}


_ALWAYS: Final = frozenset(("resourceType", "id", "meta", "implicitRules"))
