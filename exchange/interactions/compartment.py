"""https://hl7.org/fhir/R4/http.html#vsearch"""

from dataclasses import replace

from exchange.hub import Hub
from exchange.interactions.form import form_of
from exchange.interactions.request import Request, Response, preference
from exchange.interactions.search_type import form_parameters, page_of, permitted, searchset
from exchange.interactions.search_types import Kinds, search_types
from exchange.outcome import FhirError
from exchange.search.query.compartments import COMPARTMENTS, in_compartment, members_of
from exchange.search.query.criterion import Criterion
from exchange.search.query.parse import parse


async def compartment_type(hub: Hub, request: Request) -> Response:
    """The resources of one type in a compartment, `Patient/1/Observation`; of a patient, also what belongs to
    the Patients of other hospitals who are the same person."""
    member = request.path["member"]
    _require_compartment(hub, request, member)
    request.grant.require(member, "s")
    parameters = request.parameters + form_parameters(request)
    handling = preference(request.headers.get("prefer")).handling
    query = permitted(request.grant, parse(hub.search, member, parameters, handling))
    query = replace(query, criteria=(_criterion(hub, request, member), *query.criteria))
    async with hub.pool.acquire() as connection:
        page = await page_of(connection, query, hub.extraction)
    form = form_of(parameters, hub.definitions)
    path = f"{request.type}/{request.id}/{member}"
    return Response(200, searchset(request, query, page, form, path))


async def compartment_all(hub: Hub, request: Request) -> Response:
    """Everything in a compartment, `Patient/1/*`, or what of it is of the types in `_type`."""
    _require_compartment(hub, request, request.type)
    members = members_of(hub.definitions, request.type)
    kinds = Kinds(
        f"{request.type}/{request.id}/*",
        tuple(sorted(members)),
        lambda member: _criterion(hub, request, member),
    )
    return await search_types(hub, request, kinds)


def _criterion(hub: Hub, request: Request, member: str) -> Criterion:
    return in_compartment(hub.search, hub.definitions, request.type, request.id, member)


def _require_compartment(hub: Hub, request: Request, member: str) -> None:
    if request.type not in COMPARTMENTS:
        raise FhirError("unknown-path", f"R4 has no compartments of {request.type}")
    if member not in hub.definitions.resource_types:
        raise FhirError("unknown-type", f"R4 has no resource type {member[:64]}")
    if member not in members_of(hub.definitions, request.type):
        raise FhirError("unknown-path", f"A {member} is in no compartment of a {request.type}")
