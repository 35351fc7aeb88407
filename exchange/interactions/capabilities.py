"""https://hl7.org/fhir/R4/http.html#capabilities

| parameter | |
|---|---|
| `mode` | full and normative: the CapabilityStatement; terminology: the TerminologyCapabilities |
"""

import hashlib
from functools import lru_cache
from typing import Final

from exchange.capability import CHANGED, Interaction, metadata
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.presented import once
from exchange.interactions.request import FORM_PARAMETERS, Request, Response
from exchange.outcome import FhirError
from exchange.terminology.capabilities import terminology_capabilities

MODES: Final = ("full", "normative", "terminology")


async def capabilities(hub: Hub, request: Request, registered: tuple[Interaction, ...]) -> Response:
    """What the hub can do; anybody may ask."""
    for name, _ in request.parameters:
        if name != "mode" and name not in FORM_PARAMETERS:
            raise FhirError("invalid", "There is no such parameter here", name[:64])
    mode = once(request.parameters, "mode")
    if mode not in (None, *MODES):
        raise FhirError("invalid", f"mode is one of {', '.join(MODES)}", "mode")
    if mode == "terminology":
        told = terminology_capabilities(hub.base, CHANGED, hub.terminology.library)
        return lasting_response(request, dumps(told))
    parameters = hub.definitions.search_parameters
    return lasting_response(request, metadata(hub.base, registered, hub.search.registry, parameters))


def lasting_response(request: Request, body: bytes, content_type: str = "") -> Response:
    """What is the same until the hub changes, and need not be sent again to who has it."""
    tag = etag_of(body)
    headers = (("ETag", tag), ("Cache-Control", "max-age=300"))
    known = request.headers.get("if-none-match", "")
    if known.strip() == "*" or tag in (each.strip() for each in known.split(",")):
        return Response(304, headers=headers)
    return Response(200, body, headers=headers, content_type=content_type)


@lru_cache(8)
def etag_of(body: bytes) -> str:
    return f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
