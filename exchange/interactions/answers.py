"""What a transaction answers to each of its entries.

https://hl7.org/fhir/R4/http.html#transaction-response
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from exchange.hub import Hub
from exchange.interactions.batch import Respond, entry_request, with_preference
from exchange.interactions.delete import deleted
from exchange.interactions.patch import answerable
from exchange.interactions.plan import Plan
from exchange.interactions.request import Request, Response
from exchange.interactions.steps import Step, at
from exchange.interactions.written import found_response, written_response
from exchange.outcome import FhirError
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from exchange.store.transact import Written

Responses = dict[int, Response]


def of_deletions(
    request: Request, plan: Plan, removed: Sequence[Step], written: Sequence[Written]
) -> Responses:
    responses = {step.entry.index: Response(204) for step in plan.of("delete")}
    asked = with_preference(request)
    for step, outcome in zip(removed, written, strict=True):
        try:
            responses[step.entry.index] = deleted(asked, step.name, outcome)
        except FhirError as error:
            raise at(step.entry, error) from None
    return responses


def of_changes(request: Request, changes: Sequence[Step], written: Sequence[Written]) -> Responses:
    responses: Responses = {}
    asked = with_preference(request)
    for step, outcome in zip(changes, written, strict=True):
        told = asked if step.action != "patch" else answerable(replace(asked, path={"type": step.type}))
        try:
            responses[step.entry.index] = written_response(told, step.name, outcome)
        except FhirError as error:
            raise at(step.entry, error) from None
    return responses


async def of_found(connection: Connection, request: Request, found: Sequence[Step]) -> Responses:
    """What conditional creations found, or what an earlier one of the same transaction created."""
    stored = await fetch(connection, [(step.type, step.id) for step in found]) if found else []
    asked = with_preference(request)
    return {
        step.entry.index: found_response(asked, step.name, version)
        for step, version in zip(found, stored, strict=True)
    }


async def of_read(hub: Hub, request: Request, step: Step, respond: Respond) -> Response:
    """A GET sees what the transaction has written."""
    try:
        if not _OPERATIONS.issuperset(part for part in step.entry.segments if part[:1] == "$"):
            raise FhirError("invalid", "A transaction cannot do this GET")
        response = await respond(hub, step.entry.path, entry_request(request, step.entry))
        return replace(response, body=b"") if step.entry.method == "HEAD" else response
    except FhirError as error:
        raise at(step.entry, error) from None


# Those that only read.
_OPERATIONS: Final = frozenset(("$everything", "$lastn", "$meta", "$graphql"))
