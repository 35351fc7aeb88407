"""`GET /openapi.json`: the API for those who do not know FHIR.

https://spec.openapis.org/oas/v3.1.0
"""

import asyncio

from exchange.hub import Hub
from exchange.interactions.capabilities import lasting_response
from exchange.interactions.request import Request, Response
from exchange.openapi.description import Route, description


async def openapi(hub: Hub, request: Request, registered: tuple[Route, ...]) -> Response:
    """What is registered; anybody may ask."""
    body = await asyncio.to_thread(description, hub.base, registered, hub.search.registry, hub.definitions)
    return lasting_response(request, body, "application/json")
