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
    def min(self) -> int: ...


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
    """How to send each resource. `_summary=true` is answered in full, as a server may."""
    asked = dict(parameters)
    summary, elements = asked.get("_summary"), asked.get("_elements")
    if summary is not None and summary not in SUMMARIES:
        raise FhirError("invalid", f"_summary is one of {', '.join(SUMMARIES)}", "_summary")
    if elements is not None:
        names = frozenset(name.strip().rpartition(".")[2] for name in elements.split(",")) - {""}
        if not names:
            raise FhirError("invalid", "_elements names at least one element", "_elements")
        return lambda body: _subset(body, definitions, names)
    if summary == "text":
        return lambda body: _subset(body, definitions, frozenset(("text",)))
    return _without_text if summary == "data" else as_stored


def pretty(body: bytes) -> bytes:
    """The same JSON, indented."""
    return msgspec.json.format(body, indent=2)


def _subset(body: bytes, definitions: Definitions, names: frozenset[str]) -> bytes:
    """Id, meta, the elements named and those without which the resource is invalid."""
    resource = loads(body)
    kept = {
        name: value
        for name, value in resource.items()
        if name in _ALWAYS or name.lstrip("_") in names or _is_mandatory(definitions, resource, name)
    }
    return dumps(_tagged(kept))


def _without_text(body: bytes) -> bytes:
    resource = loads(body)
    return dumps(_tagged({name: value for name, value in resource.items() if name != "text"}))


def _is_mandatory(definitions: Definitions, resource: Resource, name: str) -> bool:
    element = definitions.element(f"{resource['resourceType']}.{name.lstrip('_')}")
    return element is not None and element.min > 0


def _tagged(resource: Resource) -> Resource:
    meta = resource.get("meta", {})
    tags: Sequence[Any] = meta.get("tag", ())
    return {**resource, "meta": {**meta, "tag": [*tags, SUBSETTED]}}


_ALWAYS: Final = frozenset(("resourceType", "id", "meta", "implicitRules"))
