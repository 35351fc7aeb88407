"""https://hl7.org/fhir/R4/http.html#3.1.0.7.1"""

from exchange.bundle import Criteria
from exchange.hub import Hub
from exchange.identity import store
from exchange.interactions.conditional import compiled, find, lock, one, repeated
from exchange.interactions.delete import deleted
from exchange.interactions.request import Request, Response, preference
from exchange.interactions.written import told
from exchange.store.batch import Write


async def conditional_delete(hub: Hub, request: Request) -> Response:
    """Deletes the one match; several are refused. A hospital removes its Patient so (ITI-104)."""
    request.grant.require(request.type, "d")
    request.grant.require(request.type, "s")
    criteria = Criteria(request.type, request.query)
    query = compiled(hub, criteria)

    async def attempt() -> Response:
        async with hub.pool.acquire() as connection, connection.transaction():
            await lock(connection, [query])
            match = one(criteria, (await find(connection, {criteria: query}))[criteria])
            if match is None:
                return _nothing(request)
            write = Write("delete", request.type, match)
            (written,) = await store(hub, connection, request.grant.hospital, [write], (), hub.clock())
            return deleted(request, f"{request.type}/{match}", written)

    return await repeated(attempt)


def _nothing(request: Request) -> Response:
    """Without a match there is nothing to do, and that is no failure."""
    if preference(request.headers.get("prefer")).returned == "OperationOutcome":
        return Response(200, told(f"No {request.type} matches the criteria"))
    return Response(204)
