"""https://hl7.org/fhir/R4/http.html#vread"""

from exchange.hub import Hub
from exchange.interactions.form import form_of
from exchange.interactions.read import answered
from exchange.interactions.request import Request, Response, valid_id
from exchange.outcome import FhirError
from exchange.store import fetch
from exchange.store.connection import Connection


async def vread(hub: Hub, request: Request) -> Response:
    """One version, superseded or current."""
    async with hub.pool.acquire() as connection:
        return await read_version(hub, connection, request)


async def read_version(hub: Hub, connection: Connection, request: Request) -> Response:
    """The same on an open connection. Our version ids are numbers."""
    request.grant.require(request.type, "r")
    name = f"{request.type}/{request.id}/_history/{valid_id(request.path['vid'])}"
    text = request.path["vid"]
    if not text.isdecimal() or len(text) > 9:
        raise FhirError("not-found", f"{name} is not known")
    stored = await fetch.vread(connection, request.type, request.id, int(text))
    return answered(stored, name, request.headers, form_of(request.parameters, hub.definitions))
