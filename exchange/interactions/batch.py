"""https://hl7.org/fhir/R4/http.html#transaction"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from exchange.bundle import Entry, Sent, entries, refuse
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import response_entry, with_entries
from exchange.interactions.request import Request, Response, decoded
from exchange.outcome import failure, operation_outcome
from exchange.representation import aside

Resource = dict[str, Any]
Respond = Callable[[Hub, str, Request], Awaitable[Response]]

# Enough to fill a coalesced commit, few enough to leave connections to others.
AT_ONCE: Final = 8
MINIMAL: Final = "return=minimal"


async def batch(hub: Hub, request: Request, sent: Sent, respond: Respond) -> Response:
    """Each entry for itself, in any order; the answers stand in the entries' order."""
    refuse(hub.check(sent.envelope))
    turn = asyncio.Semaphore(AT_ONCE)

    async def answer(entry: Entry) -> bytes:
        async with turn:
            return response_entry(await _response(hub, request, entry, respond))

    answers = await asyncio.gather(*map(answer, entries(sent, hub.base)))
    return Response(200, with_entries({"resourceType": "Bundle", "type": "batch-response"}, answers))


def entry_request(request: Request, entry: Entry, resource: Resource | None = None) -> Request:
    """The entry as a request of its own, by the same caller and with the same preferences. `resource` is what
    it brings."""
    return Request(
        entry.method,
        request.grant,
        request.base,
        parameters=decoded(entry.query) if entry.query else (),
        query=entry.query,
        headers={**entry.headers, "prefer": request.headers.get("prefer", MINIMAL)},
        resource=resource,
    )


def with_preference(request: Request) -> Request:
    """For the answers of entries that have been done: they are short unless the client wants more."""
    return Request(
        "", request.grant, request.base, headers={"prefer": request.headers.get("prefer", MINIMAL)}
    )


async def _response(hub: Hub, request: Request, entry: Entry, respond: Respond) -> Response:
    try:
        wanted = entry.body or entry.method in _WITH_RESOURCE
        resource = await aside(len(entry.body), "json", entry.read) if wanted else None
        asked = entry_request(request, entry, None if resource is None else resource[0])
        response = await respond(hub, entry.path, asked)
    except Exception as error:  # an entry's failure, whatever it is, stays its own
        failed = failure(error)
        return Response(failed.status, dumps(operation_outcome(failed.issues)))
    return replace(response, body=b"") if entry.method == "HEAD" else response


_WITH_RESOURCE: Final = frozenset(("PUT", "PATCH"))
