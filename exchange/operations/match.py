"""https://hl7.org/fhir/R4/patient-operation-match.html · https://profiles.ihe.net/ITI/PDQm/ITI-119.html

| parameter | |
|---|---|
| `resource` | the Patient to find; it may also be the body itself |
| `onlyCertainMatches` | only a person that the index would link to without asking anybody |
| `onlySingleMatch` | only the best |
| `count` | at most so many |
"""

import asyncio
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from exchange.crossref import looked_up
from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.entries import with_entries
from exchange.interactions.request import Request, Response
from exchange.operations.asked import ONE, Asked
from exchange.operations.given import truth, whole_number
from exchange.outcome import FhirError, rejection
from mpi.matching import Match

Resource = dict[str, Any]
Grade = Literal["certain", "probable", "possible", "certainly-not"]

COUNT: Final = 10
MAX_COUNT: Final = 50
GRADE: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"
# What IHE.PDQm.MatchInputPatient excludes.
CHANGING: Final = ("implicitRules", "modifierExtension")
KNOWN: Final = {"resource": ONE, "onlyCertainMatches": ONE, "onlySingleMatch": ONE, "count": ONE}


@dataclass(frozen=True, slots=True)
class Wanted:
    patient: Resource
    certain: bool
    single: bool
    count: int


async def match(hub: Hub, request: Request) -> Response:
    """The persons that the Patient may be, the likeliest first, with a score and a grade."""
    request.grant.require("Patient", "r")
    request.grant.require("Patient", "s")
    wanted = _wanted(hub, request)
    found = await _found(hub, wanted)
    reads = [hub.reader.read("Patient", each.enterprise_id) for each in found]
    stored = await asyncio.gather(*reads) if len(reads) > 1 else [await read for read in reads]
    told = zip(found, stored, strict=True)
    entries = [_entry(request.base, there.body, each) for each, there in told if there and there.body]
    start = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return Response(200, with_entries(start, entries))


async def _found(hub: Hub, wanted: Wanted) -> list[Match]:
    numbers = [
        (each["system"], each["value"])
        for each in wanted.patient.get("identifier", ())
        if each.get("system") and each.get("value") and not hub.domains.identify(each["system"])[0]
    ]
    known = await looked_up(hub, numbers)
    found = await hub.lookups.matches(wanted.patient, frozenset(each.id for each in known))
    if found is None:
        raise FhirError(
            "rule",
            "Too little to match by: an identifier, or a name with a birth date, telephone or address",
            "Patient",
        )
    if wanted.certain:
        found = [each for each in found if each.grade == "certain"]
        found = found if len(found) == 1 else []
    return found[: 1 if wanted.single else wanted.count]


def _entry(base: str, body: bytes, found: Match) -> bytes:
    score = min(max(found.probability, 0.0), 1.0)
    search = {
        "extension": [{"url": GRADE, "valueCode": found.grade}],
        "mode": "match",
        "score": Decimal(math.floor(score * 10_000)) / 10_000,
    }
    url = f"{base}/Patient/{found.enterprise_id}"
    return b'{"fullUrl":%b,"resource":%b,"search":%b}' % (dumps(url), body, dumps(search))


def _wanted(hub: Hub, request: Request) -> Wanted:
    body = request.read_body() if request.body or request.resource else {}
    if body.get("resourceType") == "Patient":
        asked, patient = Asked(_without_body(request), KNOWN), body
    else:
        asked = Asked(request, KNOWN)
        told = asked.one("resource")
        patient = told.value if told is not None and isinstance(told.value, dict) else {}
    if patient.get("resourceType") != "Patient":
        raise FhirError("invalid", "The parameter resource is required: a Patient", "resource")
    if error := rejection(hub.check(patient)):
        raise error
    for name in CHANGING:
        if name in patient:
            raise FhirError("rule", f"{name} could change what all of it means", f"Patient.{name}")
    count = asked.one("count")
    return Wanted(
        patient,
        _is_true(asked, "onlyCertainMatches"),
        _is_true(asked, "onlySingleMatch"),
        COUNT if count is None else whole_number(count, 1, MAX_COUNT),
    )


def _is_true(asked: Asked, name: str) -> bool:
    found = asked.one(name)
    return found is not None and truth(found)


def _without_body(request: Request) -> Request:
    return Request(request.method, request.grant, request.base, request.path, request.parameters)
