"""The fast lane of questions about codes: they are answered from memory, so no coroutine is needed. They get
what `exchange.answer` would answer; whatever is in doubt goes there.

https://hl7.org/fhir/R4/terminology-service.html
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from exchange import answer
from exchange.answer import Fhir, error_response
from exchange.http.body import UNASKED_BYTES
from exchange.http.protocol import Incoming
from exchange.http.read_lane import Reply
from exchange.interactions.request import Request, Response, decoded
from exchange.negotiation import PLAIN, presentation, sent_format
from exchange.operations.terminology import answered
from exchange.outcome import FhirError, failure
from exchange.trust.grant import Grant

Otherwise = Callable[[], None]

# What each path asks: the type whose scope is needed, and the operation.
OPERATIONS: Final = {
    "/fhir/CodeSystem/$lookup": ("CodeSystem", "lookup"),
    "/fhir/CodeSystem/$subsumes": ("CodeSystem", "subsumes"),
    "/fhir/CodeSystem/$validate-code": ("CodeSystem", "cs-validate-code"),
    "/fhir/ValueSet/$validate-code": ("ValueSet", "validate-code"),
    "/fhir/ConceptMap/$translate": ("ConceptMap", "translate"),
}
# With one of these there is more to do than to answer, or the body is not as it comes.
_ASKING: Final = frozenset(("prefer", "expect", "content-encoding", "transfer-encoding"))


def enter(fhir: Fhir, request: Incoming, reply: Reply, otherwise: Otherwise) -> bool:
    """Whether the request will be answered by `reply`, or by what `otherwise` begins."""
    asked = OPERATIONS.get(request.target.raw)
    grant = fhir.hub.trust.remembered(request.fields.get("authorization"))
    if asked is None or grant is None or not grant.permits(asked[0], "r") or not _is_plain(request):
        return False
    asking = partial(_begin, fhir, request, grant, asked, reply, otherwise)
    if request.body is None:
        # Not at once: what was sent in one piece would be answered by calls within calls.
        asyncio.get_running_loop().call_soon(asking)
    else:
        request.body.when_over(asking)
    return True


def _is_plain(request: Incoming) -> bool:
    """Whether JSON is wanted, and comes if anything comes."""
    headers, query = request.fields, request.target.query
    if not _ASKING.isdisjoint(headers) or query.startswith("_") or "&_" in query or "%5F" in query.upper():
        return False
    try:
        if presentation(headers.get("accept")) is not PLAIN:
            return False
        if request.body is None:
            return request.method in ("GET", "HEAD")
        length = headers.get("content-length", "")
        is_short = length.isdecimal() and len(length) < 9 and 0 < int(length) <= UNASKED_BYTES
        return request.method == "POST" and is_short and sent_format(headers.get("content-type")) == "json"
    except FhirError:
        return False


def _begin(
    fhir: Fhir, request: Incoming, grant: Grant, asked: tuple[str, str], reply: Reply, otherwise: Otherwise
) -> None:
    """The body is here, or the client went away."""
    body = b"" if request.body is None else request.body.held
    if body is None or fhir.under_way >= answer.MAX_UNDER_WAY:
        otherwise()
        return
    try:
        response = _answered(fhir, request, grant, asked, body)
    except Exception as error:
        response = error_response(error)
    try:
        reply(response)
    except Exception as error:
        failure(error)  # logged


def _answered(fhir: Fhir, request: Incoming, grant: Grant, asked: tuple[str, str], body: bytes) -> Response:
    query, (kind, name) = request.target.query, asked
    parameters = decoded(query) if query else ()
    path = {"type": kind}
    told = Request(request.method, grant, fhir.hub.base, path, parameters, query, request.fields, body)
    return answered(fhir.hub, told, kind, name)
