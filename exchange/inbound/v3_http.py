"""`POST /v3`: HL7 v3 over HTTP, bare or in SOAP 1.1 and 1.2; `POST /documents`: clinical documents.

https://www.w3.org/TR/soap12-part1/

A message that can be read is answered with a v3 acknowledgement, whatever became of it, with status 200; a
SOAP fault says that there was no message. A document is answered with an OperationOutcome. Both take the
scope `system/hl7v2.c`; a client of one hospital sends that hospital's messages only.
"""

import re
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Request, Response

from adapters.v3.envelope import SOAP_1_1, SOAP_1_2, answered, fault, service_of
from exchange.inbound.documents import DocumentEnvelope
from exchange.inbound.http import foreign, read_body, room
from exchange.inbound.reception import Reception
from exchange.inbound.registry_query import answered_registry_query, is_registry_query
from exchange.inbound.v3_answers import answered_query
from exchange.outcome import FhirError
from exchange.trust.authenticate import authenticate
from exchange.trust.grant import Grant
from exchange.trust.scopes import INBOX

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w .:/-]{1,40})\"?", re.IGNORECASE)
_XML: Final = frozenset({"application/soap+xml", "text/xml", "application/xml", "application/hl7-v3+xml"})
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DOCUMENTS: Final = _XML | {
    "application/hl7-cda+xml",
    "application/hl7-sda+xml",
    "text/csv",
    "application/json",
}
_OPERATION = re.compile(rb"<(?:[\w.-]+:)?Body\b[^>]*>\s*<(?:[\w.-]+:)?([\w.-]+)")


def v3_router(reception: Reception) -> APIRouter:
    """The routes, over a running reception."""
    router = APIRouter(tags=["v3"])

    @router.post("/v3")
    async def v3(request: Request) -> Response:
        async with room(reception, request):
            return await _answered_v3(reception, request)

    @router.post("/documents")
    async def documents(request: Request) -> Response:
        async with room(reception, request):
            return await _answered_document(reception, request)

    return router


async def _answered_v3(reception: Reception, request: Request) -> Response:
    envelope, grant = await _sealed(reception, request, "v3", _XML)
    if named := service_of(request.headers.get("soapaction", "")):
        envelope = replace(envelope, service=named)
    soap = _soap(envelope.raw)
    if told := foreign(grant, envelope):
        return _reply(fault(soap, told), soap, 403)
    if not envelope.interaction.name:
        told = envelope.faults[0].diagnostics if envelope.faults else "there is no message in it"
        status = 500 if soap == SOAP_1_1 else 400
        return _reply(fault(soap, told), soap, status)
    answer, status = await _received(reception, envelope)
    if status == 200 and envelope.interaction.is_query and not envelope.faults:
        answering = answered_registry_query if is_registry_query(envelope) else answered_query
        answer = (await answering(reception.hub, grant, envelope)).encode()
    return _reply(answered(answer.decode(), soap, _wrapper(envelope)), soap, status)


async def _answered_document(reception: Reception, request: Request) -> Response:
    envelope, grant = await _sealed(reception, request, "documents", _DOCUMENTS)
    if told := foreign(grant, envelope):
        raise FhirError("forbidden", told)
    answer, status = await _received(reception, envelope)
    if b'"severity":"error"' in answer and status == 200:
        status = 422
    return Response(answer, status, media_type="application/fhir+json")


async def _sealed(
    reception: Reception, request: Request, channel: str, types: frozenset[str]
) -> tuple[DocumentEnvelope, Grant]:
    grant = await authenticate(reception.hub.trust, request.headers.get("authorization"))
    grant.require(INBOX, "c")
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() not in types:
        raise FhirError("media-type", f"Send one of {', '.join(sorted(types))}", "Content-Type")
    found = _CHARSET.search(content_type)
    raw = await read_body(request, reception.hub.settings.max_message_bytes)
    envelope = reception.seal(raw, channel, found[1] if found else None)
    assert isinstance(envelope, DocumentEnvelope)
    return envelope, grant


async def _received(reception: Reception, envelope: DocumentEnvelope) -> tuple[bytes, int]:
    """The stored acknowledgement, and the status: 503 if it could not be kept."""
    delivery = await reception.answer(envelope)
    answer = await delivery.application if delivery.application is not None else None
    return answer or delivery.accept or b"", 200 if delivery.stored else 503


def _soap(raw: bytes) -> str:
    head = raw[:2000]
    return next((name for name in (SOAP_1_2, SOAP_1_1) if name.encode() in head), "")


def _wrapper(envelope: DocumentEnvelope) -> str:
    """The operation around a message that is text; an answer to it is text too."""
    found = _OPERATION.search(envelope.raw)
    name = found[1].decode() if found else ""
    return "" if name == envelope.interaction.name else name


def _reply(text: str, soap: str, status: int) -> Response:
    kind = "application/soap+xml" if soap == SOAP_1_2 else "text/xml"
    return Response(text.encode(), status, media_type=f"{kind}; charset=utf-8")
