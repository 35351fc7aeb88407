"""https://hl7.org/fhir/R4/http.html#patch, on the one resource that a search finds"""

from exchange.bundle import Criteria
from exchange.hub import Hub
from exchange.identity import patients, store
from exchange.interactions.conditional import compiled, find, lock, one, repeated
from exchange.interactions.patch import ATTEMPTS, answerable, changed, require_version, update_of
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response
from exchange.interactions.written import written_response
from exchange.outcome import FhirError
from exchange.store.fetch import fetch


async def conditional_patch(hub: Hub, request: Request) -> Response:
    """Patches the one match: 404 without one, 412 if there are several."""
    request.grant.require(request.type, "u")
    request.grant.require(request.type, "s")
    criteria = Criteria(request.type, request.query)
    query = compiled(hub, criteria)

    async def attempt() -> Response:
        async with hub.pool.acquire() as connection, connection.transaction():
            await lock(connection, [query])
            match = one(criteria, (await find(connection, {criteria: query}))[criteria])
            if match is None:
                raise FhirError("not-found", f"No {request.type} matches the criteria")
            name = f"{request.type}/{match}"
            (found,) = await fetch(connection, [(request.type, match)])
            stored = require_there(found, name)
            require_version(request, name, stored)
            resource = changed(hub, request, stored)
            write = update_of(hub, resource, stored.version)
            hospital = request.grant.hospital
            (written,) = await store(hub, connection, hospital, [write], patients([resource]), hub.clock())
            if written.status == "conflict":
                raise Overtaken
            return written_response(answerable(request), name, written)

    for _ in range(ATTEMPTS):
        try:
            return await repeated(attempt)
        except Overtaken:
            continue
    raise FhirError("conflict", "The match is changed by others all the time; try again")


class Overtaken(Exception):
    """Somebody changed the match between the look at it and its lock."""
