"""`GET /openapi.json`: the API for those who do not know FHIR.

| parameter | |
|---|---|
| `_type` | only these resource types, for tools that need not read it all |

https://spec.openapis.org/oas/v3.1.0
"""

import asyncio

from exchange.hub import Hub
from exchange.interactions.capabilities import lasting_response
from exchange.interactions.presented import once
from exchange.interactions.request import Request, Response
from exchange.openapi.description import Route, description
from exchange.outcome import FhirError


async def openapi(hub: Hub, request: Request, registered: tuple[Route, ...]) -> Response:
    """What is registered; anybody may ask."""
    types = _types(request, hub.definitions.resource_types)
    body = await asyncio.to_thread(
        description, hub.base, registered, hub.search.registry, hub.definitions, types
    )
    return lasting_response(request, body, "application/json")


def _types(request: Request, known: frozenset[str]) -> frozenset[str]:
    for name, _ in request.parameters:
        if name not in ("_type", "_format", "_pretty"):
            raise FhirError("invalid", "There is no such parameter here", name[:64])
    asked = once(request.parameters, "_type")
    types = known if asked is None else frozenset(asked.split(","))
    if not types <= known:
        raise FhirError("invalid", "_type names resource types of R4", "_type")
    return types
