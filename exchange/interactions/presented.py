"""The formats of one request: of what it brings, and of what it gets.

https://hl7.org/fhir/R4/http.html#parameters
"""

import asyncio
from dataclasses import replace
from typing import Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.request import (
    FORM_PARAMETERS,
    Parameters,
    Request,
    Response,
    decoded,
    preference,
)
from exchange.negotiation import (
    CONTENT_TYPES,
    GENERIC,
    OWN,
    PLAIN,
    Presentation,
    media_type,
    presentation,
    sent_format,
)
from exchange.outcome import FhirError, operation_outcome
from exchange.representation import LARGE, lasting, written, written_aside
from exchange.xml import UnwritableXml
from profiles.definitions import definitions


def presentation_of(code: str, request: Request) -> Presentation:
    """What the client wants; raises FhirError (406, 400)."""
    parameters = request.parameters
    if code == "search-type" and request.method == "POST" and _MENTIONS in request.body:
        parameters += decoded(request.body.decode("latin-1"))
    accept = request.headers.get("accept")
    if not parameters:
        return presentation(accept)
    if code in _PLAIN:
        _require_known(request)
    return presentation(accept, once(parameters, "_format"), once(parameters, "_pretty"))


def once(parameters: Parameters, name: str) -> str | None:
    """The value of a parameter; raises FhirError for two that differ."""
    values = {value for known, value in parameters if known == name}
    if len(values) > 1:
        raise FhirError("invalid", f"{name} is given twice", name)
    return values.pop() if values else None


def _require_known(request: Request) -> None:
    """What an interaction does not know could be a condition that it would not keep."""
    for name, value in request.parameters:
        if (name, value) == ("_summary", "count"):
            raise FhirError("invalid", "_summary=count is for searches: this is one resource", "_summary")
        if name not in FORM_PARAMETERS and preference(request.headers.get("prefer")).handling == "strict":
            raise FhirError("invalid", "There is no such parameter here", name[:64])


async def with_resource(request: Request) -> Request:
    """Much XML is read here, so that others need not wait. (JSON is read by who needs it, with its text.)"""
    name, _ = media_type(request.headers.get("content-type", ""))
    if "xml" not in (OWN.get(name), GENERIC.get(name)) or len(request.body) < LARGE["xml"]:
        return request
    sent_format(request.headers.get("content-type"))
    return replace(request, resource=await asyncio.to_thread(request.resource_in, "xml"))


async def in_form(hub: Hub, code: str, response: Response, wanted: Presentation) -> Response:
    """The answer as it is wanted; raises UnwritableXml for what XML cannot hold, unless something is done
    already that the client must hear of."""
    try:
        if code == "capabilities":
            body = await asyncio.to_thread(lasting, response.body, wanted, hub.definitions)
        else:
            body = await written_aside(response.body, wanted, hub.definitions)
    except UnwritableXml as error:
        if code not in _CHANGES:
            raise
        outcome = operation_outcome([replace(error.issue, severity="warning")])
        body = written(dumps(outcome), wanted, hub.definitions)
    return replace(response, body=body, content_type=CONTENT_TYPES[wanted.format])


def told_in(response: Response, accept: str | None, query: str) -> Response:
    """An OperationOutcome in the format that was asked for, if it is one that there is."""
    try:
        parameters = decoded(query) if query else ()
        wanted = presentation(accept, once(parameters, "_format"), once(parameters, "_pretty"))
        if wanted is PLAIN:
            return response
        body = written(response.body, wanted, definitions())
    except (FhirError, UnwritableXml):
        return response
    return replace(response, body=body, content_type=CONTENT_TYPES[wanted.format])


_MENTIONS: Final = b"_"
# Those that take no parameters of their own.
_PLAIN: Final = frozenset(("read", "vread", "create", "update", "patch", "delete", "transaction"))
_CHANGES: Final = frozenset(
    (
        "create",
        "update",
        "conditional-update",
        "patch",
        "conditional-patch",
        "delete",
        "conditional-delete",
        "transaction",
    )
)
