"""Reviewed sheets over HTTP, and what is stored as the maps of now have it.

POST ConceptMap/$upload-mappings   sheet (base64), reviewer, effective, dryRun
POST ConceptMap/$retranslate       system (several) or hospital; a job

https://hl7.org/fhir/R4/operations.html
"""

import binascii
from base64 import b64decode

from exchange.hub import Hub
from exchange.interactions.job import kicked_off
from exchange.interactions.request import Request, Response
from exchange.jobs.job import Kickoff
from exchange.local_codes import store
from exchange.local_codes.concept_map import Approval, NoDate, effective_of
from exchange.local_codes.retranslation import KIND
from exchange.local_codes.sheet import UnusableSheet
from exchange.local_codes.upload import checked, rehearsed, uploaded
from exchange.operations.local_code_answers import issue_of, uploaded_parameters
from exchange.operations.said import Said
from exchange.outcome import FhirError


async def upload_mappings(hub: Hub, request: Request) -> Response:
    """A reviewed sheet: new versions of concept maps, or what they would be."""
    for letter in "cu":
        request.grant.require("ConceptMap", letter)
    said = Said(hub, request)
    approval = _approval(hub, said)
    try:
        sheet = b64decode(said.needed("sheet"), validate=True)
        review, known = await checked(hub, sheet, said.within)
    except (UnusableSheet, binascii.Error) as error:
        raise FhirError("invalid", str(error), "sheet") from None
    if not review.is_sound:
        raise FhirError.of("rule", [issue_of(each) for each in review.faults])
    if said.truth("dryRun"):
        return uploaded_parameters(await rehearsed(hub, review, approval))
    return uploaded_parameters(await uploaded(hub, review, known, approval, request.grant.client_id))


def _approval(hub: Hub, said: Said) -> Approval:
    now = hub.clock()
    try:
        return Approval(said.needed("reviewer"), effective_of(said.text("effective"), now), now)
    except NoDate as error:
        raise FhirError("invalid", str(error), "effective") from None


async def retranslate(hub: Hub, request: Request) -> Response:
    """A job: what is stored as the maps of now have it."""
    request.grant.require("ConceptMap", "u")
    said = Said(hub, request)
    systems = said.systems()
    if not systems:
        async with hub.pool.acquire() as connection:
            systems = await store.systems_within(connection, said.within)
    return await kicked_off(hub, request, Kickoff(KIND, request.grant, {"systems": systems}))
