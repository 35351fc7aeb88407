"""https://hl7.org/fhir/R4/http.html#capabilities"""

from exchange.capability import Interaction, metadata
from exchange.hub import Hub
from exchange.interactions.request import Request, Response


async def capabilities(hub: Hub, request: Request, registered: tuple[Interaction, ...]) -> Response:
    """What the hub can do; anybody may ask."""
    parameters = hub.definitions.search_parameters
    return Response(200, metadata(hub.base, registered, hub.search.registry, parameters))
