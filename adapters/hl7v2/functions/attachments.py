"""ED and RP → Attachment.

https://hl7.org/fhir/R4/datatypes.html#Attachment
"""

import base64
import re
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import cwe_concept, squeezed
from adapters.hl7v2.functions.times import date_time
from adapters.hl7v2.functions.urls import OWN, STRUCTURE
from adapters.hl7v2.reading import Value

Json = dict[str, Any]
APPLICATION = OWN + "attachment-application"
KIND = OWN + "attachment-kind"
ORIGINAL_TEXT = STRUCTURE + "originalText"
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)
_SPACE = re.compile(r"\s+")


def ed_attachment(value: Value, context: Context) -> Json | None:
    """ED → Attachment with its data; data that are not what ED-4 says stay beside, as the text they are."""
    sent = value.text(5)
    if not sent:
        return None
    made = _content_type(value, 2, 3, context)
    data = _data(value.peek(4), sent)
    if data is None:
        made["_data"] = {"extension": [{"url": ORIGINAL_TEXT, "valueString": sent}]}
    else:
        value.text(4)
        made["data"] = data
    if application := value.text(1):
        made["title"] = application
    return made


def _data(encoding: str, text: str) -> str | None:
    """base64 of the content. A4 says A, Hex or Base64; without it, what looks like base64 is."""
    bare = _SPACE.sub("", text)
    word = encoding.upper()
    if word == "HEX":
        return base64.b64encode(bytes.fromhex(bare)).decode() if _HEX.fullmatch(bare) else None
    if word != "A" and len(bare) % 4 == 0 and _BASE64.fullmatch(bare):
        return bare
    return None if word == "BASE64" else base64.b64encode(text.encode()).decode()


def rp_attachment(value: Value, context: Context) -> Json | None:
    """RP → Attachment by its address; None if the pointer is no URL."""
    pointer = value.text(1)
    if not pointer or _SPACE.search(pointer):
        return None
    made = _content_type(value, 3, 4, context)
    made["url"] = pointer
    if application := value.sub(2).text(1):
        made["title"] = application
    return made


def _content_type(value: Value, kind: int, subtype: int, context: Context) -> Json:
    """The media type of Tables 0191 and 0291: the subtype alone if it names one, else type/subtype."""
    for part in (subtype, kind):
        if known := context.word("MediaType", value.peek(part).upper()):
            value.text(part)
            return {"contentType": known}
    first = context.word("MediaKind", value.peek(kind).upper())
    spelled = [
        first if first and part == kind else squeezed(text.lower()).replace(" ", "-")
        for part in (kind, subtype)
        if (text := value.text(part))
    ]
    return {"contentType": "/".join(spelled)} if spelled else {}


def titled_attachment(
    value: Value, context: Context, *, kind: Value, title: Value | None = None, created: Value | None = None
) -> Json | None:
    """OBX-5 as an Attachment, by OBX-2, with OBX-3 as its title."""
    made = ed_attachment(value, context) if kind.text(1) == "ED" else rp_attachment(value, context)
    if made is not None and title is not None and (concept := cwe_concept(title, context, field="OBX-3")):
        if application := made.get("title"):
            made["extension"] = [{"url": APPLICATION, "valueString": application}]
        made.setdefault("extension", []).append({"url": KIND, "valueCodeableConcept": concept})
        made["title"] = _words(concept)
    if made is not None and created is not None and (moment := date_time(created, context)):
        made["creation"] = moment
    return made


def _words(concept: Json) -> str:
    """What a reader would see of a concept."""
    codings = concept.get("coding", ({},))
    return str(
        concept.get("text") or next((each["display"] for each in codings if "display" in each), "")
    ) or str(codings[0].get("code"))


def text_attachment(
    values: list[Value],
    context: Context,
    *,
    title: Value | None = None,
    kind: Value | None = None,
    created: Value | None = None,
) -> Json | None:
    """OBX-5 of a document that is text, over its repetitions and segments → Attachment."""
    lines = "\n".join(value.whole() for value in values)
    if not lines.strip():
        return None
    if kind is not None:
        kind.text(1)
    made: Json = {"contentType": "text/plain", "data": base64.b64encode(lines.encode()).decode()}
    if title is not None and (words := title.text(9) or title.text(2) or title.text(1)):
        made["title"] = words
    if created is not None and (moment := date_time(created, context)):
        made["creation"] = moment
    return made


def media_type(value: Value, context: Context) -> str | None:
    """Tables 0191 and 0291 → the media type, where there is one."""
    known = context.word("MediaType", value.peek(1).upper())
    if known:
        value.text(1)
    return known or None
