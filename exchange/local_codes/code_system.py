"""A hospital's own codes as its CodeSystem, and which of them wait for a mapping. Pure.

It is a fragment: it has what was met, and the hospital may have more.
https://hl7.org/fhir/R4/codesystem.html
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from exchange.local_codes.store import LocalCode
from exchange.local_codes.systems import resource_id

Json = dict[str, Any]
PROPERTIES: Final = (
    ("frequency", "integer", "How often it was met until this was written"),
    ("firstSeen", "dateTime", "When it was met first"),
    ("lastSeen", "dateTime", "When it was met last until this was written"),
    ("mapping", "code", "open, assigned, mapped or ignored"),
)
MEANING: Final = "https://yilian.example/fhir/CodeSystem/local-code-properties#"


def code_system_of(system: str, codes: Iterable[LocalCode]) -> Json:
    """Of one system, its codes in their order."""
    listed = list(codes)
    hospital, name = listed[0].hospital, listed[0].name
    return {
        "resourceType": "CodeSystem",
        "id": resource_id(system),
        "url": system,
        "name": "".join(
            part.capitalize() for part in f"local-{hospital}-{name}".split("-") if part.isalnum()
        ),
        "title": f"{hospital}: {name}",
        "status": "active",
        "publisher": hospital,
        "description": "The codes that were met, with how often and when; the hospital may have more.",
        "caseSensitive": True,
        "content": "fragment",
        "count": len(listed),
        "property": [
            {"code": code, "uri": MEANING + code, "description": text, "type": kind}
            for code, kind, text in PROPERTIES
        ],
        "concept": [_concept(each) for each in listed],
    }


def _concept(local: LocalCode) -> Json:
    told = local.sighting
    made: Json = {"code": told.key.code}
    if told.display:
        made["display"] = told.display
    made["property"] = [
        {"code": "frequency", "valueInteger": min(told.seen, 2**31 - 1)},
        {"code": "firstSeen", "valueDateTime": _moment(told.first)},
        {"code": "lastSeen", "valueDateTime": _moment(told.last)},
        {"code": "mapping", "valueCode": local.state},
    ]
    return made


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
