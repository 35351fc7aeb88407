"""https://hl7.org/fhir/R4/http.html#cond-update"""

from exchange.bundle import Criteria
from exchange.hub import Hub
from exchange.identity import patients, store
from exchange.interactions.conditional import compiled, find, lock, one, repeated
from exchange.interactions.request import Request, Response, if_match, valid_id
from exchange.interactions.update import require_id
from exchange.interactions.written import written_response
from exchange.patient_number import require_number


async def conditional_update(hub: Hub, request: Request) -> Response:
    """Updates the one match; without a match it creates, under the client's id if it gave one."""
    request.grant.require(request.type, "u")
    request.grant.require(request.type, "s")
    resource = request.read_resource()
    if request.type == "Patient" and request.grant.hospital is not None:
        require_number(hub, request.parameters, resource)
    criteria = Criteria(request.type, request.query)
    query = compiled(hub, criteria)
    new_id = valid_id(resource["id"]) if isinstance(resource.get("id"), str) else hub.new_id()
    version = if_match(request.headers.get("if-match"))
    fresh = hub.write("update", resource | {"id": new_id}, version)

    async def attempt() -> Response:
        async with hub.pool.acquire() as connection, connection.transaction():
            await lock(connection, [query], [(request.type, fresh.row.identifiers)])
            match = one(criteria, (await find(connection, {criteria: query}))[criteria])
            if match is not None and "id" in resource:
                require_id(resource, match)
            update = resource | {"id": match or new_id}
            write = fresh if match is None else hub.write("update", update, version)
            hospital = request.grant.hospital
            (written,) = await store(hub, connection, hospital, [write], patients([update]), hub.clock())
            return written_response(request, f"{request.type}/{write.id}", written)

    return await repeated(attempt)
