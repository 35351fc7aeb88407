"""https://hl7.org/fhir/R4/http.html#cond-update"""

from functools import partial

from exchange.bundle import Criteria
from exchange.feeding import fed
from exchange.fhirjson import identity
from exchange.hub import Hub
from exchange.identity import patients, store
from exchange.interactions.conditional import compiled, find, lock, one, repeated
from exchange.interactions.plan import is_by_identifier
from exchange.interactions.request import Request, Response, if_match, valid_id
from exchange.interactions.update import require_id
from exchange.interactions.written import fed_together, written_response
from exchange.patient_number import require_number
from exchange.representation import aside
from exchange.store.told import Condition, Told


async def conditional_update(hub: Hub, request: Request) -> Response:
    """Updates the one match; without a match it creates, under the client's id if it gave one."""
    request.grant.require(request.type, "u")
    request.grant.require(request.type, "s")
    told, condition = await aside(len(request.body), "json", partial(prepared, hub, request))
    if told.condition is not None:
        written = await fed_together(hub, told)
        assert written.body is not None
        return written_response(request, f"{request.type}/{identity(written.body)[1].decode()}", written)
    return await repeated(partial(_attempt, hub, request, told, condition))


def prepared(hub: Hub, request: Request) -> tuple[Told, Condition]:
    """What is to be written if nothing matches; raises FhirError if it may not be stored. With its condition,
    if it is a Patient that its hospital tells of by an identifier (ITI-104)."""
    resource, rest = request.read_written()
    hospital = request.grant.hospital if request.type == "Patient" else None
    if hospital is not None:
        require_number(hub, request.parameters, resource)
    criteria = Criteria(request.type, request.query)
    query = compiled(hub, criteria)
    own_id = isinstance(resource.get("id"), str)
    sent = resource | {"id": valid_id(resource["id"]) if own_id else hub.new_id()}
    write = hub.write("update", sent, if_match(request.headers.get("if-match")), rest)
    condition = Condition(criteria, query, "id" in resource, rest)
    by_number = hospital is not None and is_by_identifier(query) and "identifier" in resource
    told = Told(write, sent, hospital, hub.clock(), partial(fed, hub), condition if by_number else None)
    return told, condition


async def _attempt(hub: Hub, request: Request, told: Told, condition: Condition) -> Response:
    write, sent, criteria = told.write, told.patient or {}, condition.criteria
    async with hub.pool.acquire() as connection, connection.transaction():
        await lock(connection, [condition.query], [(request.type, write.row.identifiers)])
        match = one(criteria, (await find(connection, {criteria: condition.query}))[criteria])
        if match is not None and match != write.id:
            if condition.own_id:
                require_id(sent, match)
            sent = sent | {"id": match}
            write = hub.write_own("update", sent, write.if_match, condition.rest)
        hospital = request.grant.hospital
        (written,) = await store(hub, connection, hospital, [write], patients([sent]), hub.clock())
        return written_response(request, f"{request.type}/{write.id}", written)
