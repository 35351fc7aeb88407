"""https://hl7.org/fhir/R4/http.html#transaction"""

from collections.abc import Awaitable, Callable
from typing import Final

from exchange.bundle import Entry, Sent, entries, refuse
from exchange.hub import Hub
from exchange.interactions.answers import Responses
from exchange.interactions.attempt import attempted, created
from exchange.interactions.batch import Respond
from exchange.interactions.conditional import repeated
from exchange.interactions.entries import response_entry, with_entries
from exchange.interactions.knowledge import Knowledge, Unforeseen
from exchange.interactions.plan import Plan, plan_of
from exchange.interactions.request import Request, Response
from exchange.interactions.steps import Step, refuse_repeated_full_urls, require_permitted, step_of
from exchange.interactions.turns import in_turns
from exchange.outcome import FhirError

# Attempts that each learned something. More would mean that others write the same all the time.
ATTEMPTS: Final = 10


async def transaction(hub: Hub, request: Request, sent: Sent, respond: Respond) -> Response:
    """All entries or none: deletions, creations, updates and patches, reads, whatever their order."""
    refuse(hub.check(sent.envelope))
    listed = entries(sent, hub.base)
    refuse_repeated_full_urls(listed)

    def step(entry: Entry) -> Step:
        return step_of(entry, hub.definitions.resource_types, hub.new_id)

    plan = plan_of(hub, await in_turns(listed, lambda entry: len(entry.body), step))
    require_permitted(request.grant, plan.steps, plan.references)
    responses = await _responses(hub, request, plan, respond)
    answers = [response_entry(responses[entry.index]) for entry in listed]
    return Response(200, with_entries({"resourceType": "Bundle", "type": "transaction-response"}, answers))


async def _responses(hub: Hub, request: Request, plan: Plan, respond: Respond) -> Responses:
    if plan.is_plain:
        return await created(hub, request, plan)
    known = Knowledge()

    async def attempt() -> Responses:
        async with hub.pool.acquire() as connection, connection.transaction():
            return await attempted(hub, connection, request, plan, known, respond)

    return await _until_known(lambda: repeated(attempt))


async def _until_known(attempt: Callable[[], Awaitable[Responses]]) -> Responses:
    for _ in range(ATTEMPTS):
        try:
            return await attempt()
        except Unforeseen:
            continue
    raise FhirError("conflict", "What the transaction is about is changed all the time; try again")
