"""`POST /hl7v2`: HL7 v2 over HTTP, for senders that do not speak MLLP.

https://hapifhir.github.io/hapi-hl7v2/hapi-hl7overhttp/specification.html

Whatever HL7 v2 can say is said in the acknowledgement, with status 200; other statuses are HTTP's own. One
request has one answer: the application acknowledgement, or the accept acknowledgement where the sender asks
only for that, or 204 where it asks for none. It takes the scope `system/hl7v2.c`, a query (QBP) the scope
`system/Patient.rs`; a client of one hospital sends that hospital's messages only.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, Request, Response

from adapters.hl7v2.batch import is_batch
from exchange.inbound.batch import envelopes_of, receive_batch
from exchange.inbound.envelope import Envelope
from exchange.inbound.query import is_query
from exchange.inbound.reception import Reception
from exchange.outcome import FhirError
from exchange.trust.authenticate import authenticate
from exchange.trust.grant import Grant
from exchange.trust.scopes import INBOX

MEDIA_TYPES: Final = frozenset(
    {"application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7", "text/plain"}
)
_DIGITS: Final = 12
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w .:/-]{1,40})\"?", re.IGNORECASE)


def hl7v2_router(reception: Reception) -> APIRouter:
    """The route, over a running reception."""
    router = APIRouter(tags=["hl7v2"])

    @router.post("/hl7v2")
    async def hl7v2(request: Request) -> Response:
        grant = await authenticate(reception.hub.trust, request.headers.get("authorization"))
        if not grant.permits("Patient", "s"):
            grant.require(INBOX, "c")
        async with room(reception, request):
            return await _answered(reception, grant, request)

    return router


async def _answered(reception: Reception, grant: Grant, request: Request) -> Response:
    charset = _charset(request.headers.get("content-type", ""))
    raw = await read_body(request, reception.hub.settings.max_message_bytes)
    batch = is_batch(raw)
    envelopes = envelopes_of(reception, raw, "http", charset) if batch else []
    envelope = envelopes[0] if envelopes else reception.seal(raw, "http", charset)
    for each in envelopes or [envelope]:
        _require(grant, each)
    delivery = await (receive_batch(reception, raw, envelopes) if batch else reception.answer(envelope))
    answer = delivery.accept
    if delivery.application is not None:
        answer = await delivery.application or answer
    if answer is None:
        return Response(status_code=204)
    status = 200 if delivery.stored else 503
    return Response(answer, status, media_type=f"application/hl7-v2; charset={envelope.codec}")


@asynccontextmanager
async def room(reception: Reception, request: Request) -> AsyncIterator[None]:
    """Waits until the bytes that a request has, or may have, find room among those in hand; until then
    nothing of its body is read."""
    most = reception.hub.settings.max_message_bytes
    told = request.headers.get("content-length", "")
    size = min(int(told), most) if told.isascii() and told.isdigit() and len(told) < _DIGITS else most
    await reception.budget.take(size)
    try:
        yield
    finally:
        reception.budget.give(size)


def _require(grant: Grant, envelope: Envelope) -> None:
    """The scopes that a message or a query takes, and that it is of the client's own hospital."""
    if is_query(envelope):
        grant.require("Patient", "r")
        grant.require("Patient", "s")
    else:
        grant.require(INBOX, "c")
    require_own(grant, envelope)


def _charset(content_type: str) -> str | None:
    """The charset of the Content-Type, which wins over MSH-18; FhirError for another media type."""
    if content_type.partition(";")[0].strip().lower() not in MEDIA_TYPES:
        raise FhirError("media-type", "Send application/hl7-v2", "Content-Type")
    found = _CHARSET.search(content_type)
    return found[1] if found else None


async def read_body(request: Request, limit: int) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > limit:
            raise FhirError(
                "too-large", f"A message has at most {limit} bytes", headers=(("Connection", "close"),)
            )
    return bytes(raw)


def require_own(grant: Grant, envelope: Envelope) -> None:
    if told := foreign(grant, envelope):
        raise FhirError("forbidden", told, "MSH-4")


def foreign(grant: Grant, envelope: Envelope) -> str:
    """Why the client may not send this; "" if it may."""
    sender = envelope.hospital.id
    if grant.hospital in (None, sender):
        return ""
    return f"This client sends for {grant.hospital} only, and this is of {sender}"
