"""Binary: the one resource whose content goes over the wire as it is.

What others have stored is never let run in a browser: it is sent without sniffing, in a sandbox, and what is
not just looked at as a file to keep. https://hl7.org/fhir/R4/binary.html#rest
"""

import re
from base64 import b64encode
from binascii import a2b_base64
from dataclasses import replace
from typing import Any, Final

from exchange.fhirjson import UnreadableJson, loads
from exchange.interactions.request import Request, Response
from exchange.negotiation import GENERIC, OWN, media_ranges, media_type
from exchange.outcome import FhirError

UNKNOWN: Final = "application/octet-stream"


def asks_content(request: Request) -> bool:
    """Unless the client names a format of FHIR, by `_format` or in Accept, it wants the content."""
    if request.parameter("_format") is not None:
        return False
    named = (each.name for each in media_ranges(request.headers.get("accept", "")) if each.quality > 0)
    return not any(name in OWN or name in GENERIC for name in named)


def content(response: Response) -> Response:
    """The content of the Binary in the response."""
    if response.status != 200:
        return response
    binary = loads(response.body)
    stated = binary["contentType"]
    media = stated if _is_media_type(stated) else UNKNOWN
    headers = [*response.headers, *_DEFENCE]
    if media_type(media)[0] not in _LOOKED_AT:
        headers.append(("Content-Disposition", "attachment"))
    context = binary.get("securityContext", {}).get("reference", "")
    if context.isascii() and context.isprintable() and context:
        headers.append(("X-Security-Context", context))
    return replace(
        response, body=a2b_base64(binary.get("data", "")), headers=tuple(headers), content_type=media
    )


def with_resource(code: str, request: Request) -> Request:
    """The request, with the Binary that its content becomes unless it is FHIR itself."""
    if code not in ("create", "update") or request.resource is not None or _is_fhir(request):
        return request
    media = request.headers.get("content-type", UNKNOWN).strip()
    if not _is_media_type(media):
        raise FhirError("media-type", "This is no media type", "Content-Type")
    binary: dict[str, Any] = {"resourceType": "Binary", "contentType": media}
    if code == "update":
        binary["id"] = request.id
    context = request.headers.get("x-security-context")
    if context:
        binary["securityContext"] = {"reference": context}
    if request.body:
        binary["data"] = b64encode(request.body).decode()
    return replace(request, resource=binary)


def _is_fhir(request: Request) -> bool:
    """A generic name may mean either: then it is FHIR if it reads as a Binary."""
    name, _ = media_type(request.headers.get("content-type", ""))
    if name in OWN:
        return True
    match GENERIC.get(name):
        case "json":
            try:
                return loads(request.body).get("resourceType") == "Binary"
            except UnreadableJson:
                return False
        case "xml":
            return _BINARY.search(request.body, 0, 4096) is not None
    return False


_is_media_type: Final = re.compile(
    r'[\w!#$&^.+-]{1,80}/[\w!#$&^.+-]{1,80}(?:\s?;\s?[\w.+-]+=(?:[\w.+:/-]+|"[\w .+:/-]*"))*', re.ASCII
).fullmatch
_BINARY: Final = re.compile(rb"<(?:\w+:)?Binary\b[^>]*http://hl7\.org/fhir\b")
_DEFENCE: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
)
# Formats in which nothing runs.
_LOOKED_AT: Final = frozenset(
    (
        "application/dicom",
        "application/pdf",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "image/bmp",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/tiff",
        "image/webp",
        "text/csv",
        "text/plain",
        "video/mp4",
    )
)
