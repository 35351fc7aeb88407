"""The operations on code systems, value sets and concept maps, on a type and on one instance.

https://hl7.org/fhir/R4/terminology-service.html

What each takes, and what of R4 is refused, stands in `terminology/wire/parameters.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from functools import partial
from typing import Any, Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.request import Request, Response
from exchange.operations.given import given
from exchange.outcome import FhirError, rejection
from terminology.library import Entry, Library
from terminology.wire.operations import Asked, answer

Given = tuple[str, Any]
Perform = Callable[[Hub, Request], Awaitable[Response]]
# What the instance in the URL is, by its kind: the parameter that names it, and the one of its version.
NAMED: Final = {
    "CodeSystem": ("system", "version"),
    "ValueSet": ("url", "valueSetVersion"),
    "ConceptMap": ("url", "conceptMapVersion"),
}
CODINGS: Final = frozenset(("coding", "codingA", "codingB", "codeableConcept", "concept"))
# Others do not wait for these.
DEAR: Final = frozenset(("expand", "find-matches", "preferred-id"))
# Above so many bytes of definitions in the request, others do not wait for it.
LARGE: Final = 64 * 1024


async def _operation(hub: Hub, request: Request, *, kind: str, name: str) -> Response:
    if name in DEAR or len(request.body) > LARGE:
        return await asyncio.to_thread(answered, hub, request, kind, name)
    return answered(hub, request, kind, name)


def answered(hub: Hub, request: Request, kind: str, name: str) -> Response:
    """By what is in memory: nothing is waited for. Raises FhirError, or what the grant raises."""
    request.grant.require(kind, "r")
    said: list[Given] = [(each.name, each.value) for each in given(request)]
    library = hub.terminology.library
    require_right(hub, said)
    if "id" in request.path:
        said += _instance(library, kind, request.id, name)
    asked = Asked(library, said, request.headers.get("accept-language", ""), partial(_stamp, hub))
    status, resource = answer(name, asked)
    return Response(status, dumps(resource))


def require_right(hub: Hub, said: list[Given]) -> None:
    """Codings are R4's; definitions that come with the request may be of other versions of FHIR."""
    for name, value in said:
        if name in CODINGS:
            told = {"codeableConcept": value} if name == "codeableConcept" else {"coding": [value]}
            sample = {"resourceType": "Basic", "code": told.get("codeableConcept", told)}
            if error := rejection(hub.check(sample)):
                raise error


def _instance(library: Library, kind: str, id_: str, name: str) -> list[Given]:
    found = next((each for each in library.entries(kind) if each.id == id_), None)
    if found is None:
        raise FhirError("not-found", f"{kind}/{id_} is not stored", "id")
    if kind == "ConceptMap" or (kind == "ValueSet" and not found.url):
        return [({"ConceptMap": "conceptMap", "ValueSet": "valueSet"}[kind], found.resource)]
    return _canonical(found, kind, name)


def _canonical(entry: Entry, kind: str, name: str) -> list[Given]:
    url, version = NAMED[kind]
    if name == "cs-validate-code":
        url = "url"
    return [(url, entry.url), *([(version, entry.version)] if entry.version else ())]


def _stamp(hub: Hub) -> tuple[str, str]:
    now = hub.clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"urn:uuid:{hub.new_id()}", now


def _of(kind: str, name: str) -> Perform:
    return partial(_operation, kind=kind, name=name)


expand = _of("ValueSet", "expand")
validate_code = _of("ValueSet", "validate-code")
validate_batch = _of("ValueSet", "batch-validate")
validate_in_code_system = _of("CodeSystem", "cs-validate-code")
lookup = _of("CodeSystem", "lookup")
subsumes = _of("CodeSystem", "subsumes")
find_matches = _of("CodeSystem", "find-matches")
preferred_id = _of("NamingSystem", "preferred-id")
translate = _of("ConceptMap", "translate")
