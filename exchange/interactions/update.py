"""https://hl7.org/fhir/R4/http.html#update"""

from dataclasses import replace
from functools import partial
from typing import Any

from exchange.hub import Hub
from exchange.interactions.request import Request, Response, etag, if_match
from exchange.interactions.written import committed, written_response
from exchange.outcome import FhirError
from exchange.representation import aside
from exchange.store.batch import Write


async def update(hub: Hub, request: Request) -> Response:
    """A new version, or a new resource under the client's id. Equal content makes no new version."""
    request.grant.require(request.type, "u")
    resource, write = await aside(len(request.body), "json", partial(prepared, hub, request))
    if request.headers.get("if-none-match", "").strip() == "*":
        write = await _new(hub, request, write)
    written = await committed(hub, request.grant, write, resource)
    name = f"{request.type}/{request.id}"
    return written_response(request, name, written, hub.validation.remarks)


async def _new(hub: Hub, request: Request, write: Write) -> Write:
    """The write of a resource that must not be there yet; one that has been deleted may come back."""
    stored = await hub.reader.read(request.type, request.id)
    if stored is None:
        return replace(write, action="create")
    if stored.body is not None:
        told = f"{request.type}/{request.id} is there already: the current version is {etag(stored.version)}"
        raise FhirError("precondition", told, "If-None-Match")
    return write


def prepared(hub: Hub, request: Request) -> tuple[dict[str, Any], Write]:
    """What is to be written, as it is sent; raises FhirError if it may not be stored."""
    resource, rest = request.read_written()
    require_id(resource, request.id)
    version = if_match(request.headers.get("if-match"))
    return resource, hub.write("update", resource, version, rest)


def require_id(resource: dict[str, Any], id_: str) -> None:
    """The body names the same resource as the URL."""
    if resource.get("id") != id_:
        raise FhirError("invalid", f"The body's id is not the URL's, {id_}", f"{resource['resourceType']}.id")
