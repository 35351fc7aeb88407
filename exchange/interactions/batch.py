"""https://hl7.org/fhir/R4/http.html#transaction"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from exchange.bundle import Entry, entries, envelope, refuse
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import response_entry, with_entries
from exchange.interactions.request import Request, Response, decoded
from exchange.outcome import failure, operation_outcome

Respond = Callable[[Hub, str, Request], Awaitable[Response]]

# Enough to fill a coalesced commit, few enough to leave connections to others.
AT_ONCE: Final = 8
MINIMAL: Final = "return=minimal"


async def batch(hub: Hub, request: Request, bundle: dict[str, Any], respond: Respond) -> Response:
    """Each entry for itself, in any order; the answers stand in the entries' order."""
    refuse(hub.check(envelope(bundle)))
    turn = asyncio.Semaphore(AT_ONCE)

    async def answer(entry: Entry) -> bytes:
        async with turn:
            return response_entry(await _response(hub, request, entry, respond))

    answers = await asyncio.gather(*map(answer, entries(bundle, hub.base)))
    return Response(200, with_entries({"resourceType": "Bundle", "type": "batch-response"}, answers))


def entry_request(request: Request, entry: Entry) -> Request:
    """The entry as a request of its own, by the same caller and with the same preferences."""
    prefer = request.headers.get("prefer", MINIMAL)
    return Request(
        entry.method,
        request.grant,
        request.base,
        parameters=decoded(entry.query) if entry.query else (),
        query=entry.query,
        headers={**entry.headers, "prefer": prefer},
        resource=entry.resource,
    )


async def _response(hub: Hub, request: Request, entry: Entry, respond: Respond) -> Response:
    try:
        return await respond(hub, entry.path, entry_request(request, entry))
    except Exception as error:  # an entry's failure, whatever it is, stays its own
        failed = failure(error)
        return Response(failed.status, dumps(operation_outcome(failed.issues)))
