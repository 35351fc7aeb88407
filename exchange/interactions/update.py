"""https://hl7.org/fhir/R4/http.html#update"""

from functools import partial
from typing import Any

from exchange.hub import Hub
from exchange.interactions.request import Request, Response, if_match
from exchange.interactions.written import committed, written_response
from exchange.outcome import FhirError
from exchange.representation import aside
from exchange.store.batch import Write


async def update(hub: Hub, request: Request) -> Response:
    """A new version, or a new resource under the client's id. Equal content makes no new version."""
    request.grant.require(request.type, "u")
    resource, write = await aside(len(request.body), "json", partial(_checked, hub, request))
    written = await committed(hub, request.grant, write, resource)
    return written_response(request, f"{request.type}/{request.id}", written)


def _checked(hub: Hub, request: Request) -> tuple[dict[str, Any], Write]:
    resource, rest = request.read_written()
    require_id(resource, request.id)
    version = if_match(request.headers.get("if-match"))
    return resource, hub.write("update", resource, version, rest)


def require_id(resource: dict[str, Any], id_: str) -> None:
    """The body names the same resource as the URL."""
    if resource.get("id") != id_:
        raise FhirError("invalid", f"The body's id is not the URL's, {id_}", f"{resource['resourceType']}.id")
