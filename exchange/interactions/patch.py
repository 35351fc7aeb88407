"""https://hl7.org/fhir/R4/http.html#patch"""

import base64
import binascii
from dataclasses import replace
from functools import partial
from typing import Any, Final

from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response, etag, if_match
from exchange.interactions.written import committed, written_response
from exchange.outcome import FhirError
from exchange.patch import patched
from exchange.patch.patched import by_parameters
from exchange.representation import aside
from exchange.store.batch import Write
from exchange.store.fetch import Stored

Resource = dict[str, Any]

LOST: Final = 412
# How often another writer may have come in between.
ATTEMPTS: Final = 10


async def patch(hub: Hub, request: Request) -> Response:
    """The current version with the changes of a JSON Patch, an XML Patch or a FHIRPath Patch. They are made
    to the version that is current when they are stored, whatever others write meanwhile."""
    request.grant.require(request.type, "u")
    name = f"{request.type}/{request.id}"
    for _ in range(ATTEMPTS):
        stored = require_there(await hub.reader.read(request.type, request.id), name)
        require_version(request, name, stored)
        size = len(stored.body or b"") + len(request.body)
        resource, write = await aside(size, "xml", partial(_applied, hub, request, stored))
        try:
            written = await committed(hub, request.grant, write, resource)
        except FhirError as error:
            if error.status != LOST:
                raise
            continue
        if written.status != "conflict":
            return written_response(answerable(request), name, written)
    raise FhirError("conflict", f"{name} is changed by others all the time; try again")


def _applied(hub: Hub, request: Request, stored: Stored) -> tuple[Resource, Write]:
    resource = changed(hub, request, stored)
    return resource, update_of(hub, resource, stored.version)


def changed(hub: Hub, request: Request, stored: Stored) -> Resource:
    """The stored version as the patch leaves it. An entry of a Bundle has the patch as a Binary, or as the
    Parameters themselves."""
    resource = loads(stored.body or b"")
    given = request.resource
    if given is None:
        media = request.headers.get("content-type", "")
        return patched(resource, media, request.body, hub.definitions)
    if given.get("resourceType") != "Binary":
        return by_parameters(resource, given, hub.definitions)
    return patched(resource, *_unwrapped(given), hub.definitions)


def update_of(hub: Hub, resource: Resource, version: int) -> Write:
    """The checked write; raises 422 where the patch leaves what may not be stored."""
    try:
        return hub.write("update", resource, version)
    except FhirError as error:
        raise FhirError.of("rule", error.issues) from None


def require_version(request: Request, name: str, stored: Stored) -> None:
    """Raises 412 if another version is current than If-Match says."""
    version = if_match(request.headers.get("if-match"))
    if version is not None and version != stored.version:
        current = f"the current version is {etag(stored.version)}"
        raise FhirError("precondition", f"{name} was not changed: {current}", "If-Match")


def answerable(request: Request) -> Request:
    """Who may not read gets no resource in the answer: it has more in it than the patch."""
    if request.grant.permits(request.type, "r"):
        return request
    return replace(request, headers={**request.headers, "prefer": "return=minimal"})


def _unwrapped(binary: Resource) -> tuple[str, bytes]:
    """Content type and content of a Binary."""
    media, data = binary.get("contentType"), binary.get("data")
    if not isinstance(media, str) or not isinstance(data, str):
        raise FhirError("invalid", "A patch in a Binary has contentType and data", "Binary")
    try:
        return media, base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise FhirError("invalid", "The data is not base64", "Binary.data") from None
