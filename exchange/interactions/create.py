"""https://hl7.org/fhir/R4/http.html#create"""

from functools import partial

from exchange.bundle import Criteria
from exchange.hub import Hub
from exchange.identity import Resource, patients, store
from exchange.interactions.conditional import compiled, find, lock, one, repeated
from exchange.interactions.request import Request, Response
from exchange.interactions.written import committed, found_response, written_response
from exchange.representation import aside
from exchange.store.batch import Write
from exchange.store.fetch import fetch


async def create(hub: Hub, request: Request) -> Response:
    """A new resource under an id of ours; with If-None-Exist only if nothing matches."""
    request.grant.require(request.type, "c")
    resource, write = await aside(len(request.body), "json", partial(prepared, hub, request))
    condition = request.headers.get("if-none-exist")
    if condition is not None:
        criteria = Criteria(request.type, condition.partition("?")[2] or condition)
        return await _create_once(hub, request, write, resource, criteria)
    written = await committed(hub, request.grant, write, resource)
    name = f"{request.type}/{write.id}"
    return written_response(request, name, written, hub.validation.remarks)


def prepared(hub: Hub, request: Request) -> tuple[Resource, Write]:
    """What is to be written, as it is sent; raises FhirError if it may not be stored."""
    sent, rest = request.read_written()
    resource = sent | {"id": hub.new_id()}
    return resource, hub.write("create", resource, None, rest)


async def _create_once(
    hub: Hub, request: Request, write: Write, resource: Resource, criteria: Criteria
) -> Response:
    request.grant.require(request.type, "s")
    query = compiled(hub, criteria)

    async def attempt() -> Response:
        async with hub.pool.acquire() as connection, connection.transaction():
            await lock(connection, [query], [(request.type, write.row.identifiers)])
            match = one(criteria, (await find(connection, {criteria: query}))[criteria], "If-None-Exist")
            if match is not None:
                (stored,) = await fetch(connection, [(request.type, match)])
                return found_response(request, f"{request.type}/{match}", stored)
            hospital = request.grant.hospital
            (written,) = await store(hub, connection, hospital, [write], patients([resource]), hub.clock())
            return written_response(request, f"{request.type}/{write.id}", written)

    return await repeated(attempt)
