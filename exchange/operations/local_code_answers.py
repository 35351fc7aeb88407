"""Hospitals' own codes, proposals and uploads as Parameters.

https://hl7.org/fhir/R4/parameters.html
"""

from collections.abc import Sequence
from typing import Any

from exchange.fhirjson import dumps
from exchange.interactions.request import Response, instant_text
from exchange.local_codes.review import Fault
from exchange.local_codes.store import LocalCode
from exchange.local_codes.upload import Uploaded
from exchange.outcome import operation_outcome
from terminology.issue import Issue
from terminology.proposals import Proposal

Json = dict[str, Any]


def parameters(listed: Sequence[Json]) -> Response:
    made: Json = {"resourceType": "Parameters"}
    return Response(200, dumps(made | ({"parameter": list(listed)} if listed else {})))


def code_part(local: LocalCode) -> list[Json]:
    told = local.sighting
    coding = {"system": told.key.system, "code": told.key.code, "display": told.display}
    said = (
        ("coding", "valueCoding", {name: text for name, text in coding.items() if text}),
        ("state", "valueCode", local.state),
        ("seen", "valueDecimal", told.seen),
        ("alone", "valueDecimal", told.alone),
        ("firstSeen", "valueDateTime", instant_text(told.first)),
        ("lastSeen", "valueDateTime", instant_text(told.last)),
        ("example", "valueReference", {"reference": told.example} if told.example else None),
        ("assignee", "valueString", local.assignee),
        ("reason", "valueString", local.reason),
        ("actor", "valueString", local.actor),
    )
    parts: list[Json] = [{"name": name, kind: value} for name, kind, value in said if value not in ("", None)]
    return [*parts, *({"name": "place", "valueString": place} for place in told.places)]


def proposal_part(proposal: Proposal) -> list[Json]:
    coding = {"system": proposal.system, "code": proposal.code, "display": proposal.display}
    return [
        {"name": "coding", "valueCoding": {name: text for name, text in coding.items() if text}},
        {"name": "score", "valueDecimal": proposal.score},
        *({"name": "reason", "valueString": reason} for reason in proposal.reasons),
    ]


def uploaded_parameters(uploaded: Uploaded) -> Response:
    listed: list[Json] = []
    for each in uploaded.made:
        change = each.change
        counts = (("added", change.added), ("changed", change.changed), ("same", change.same))
        part = [{"name": "url", "valueCanonical": each.canonical}]
        listed.append({"name": "map", "part": [*part, *({"name": n, "valueInteger": v} for n, v in counts)]})
    listed.append({"name": "decided", "valueInteger": uploaded.decided})
    listed.append({"name": "resources", "valueInteger": uploaded.resources})
    if uploaded.faults:
        outcome = operation_outcome([issue_of(each) for each in uploaded.faults])
        listed.append({"name": "warnings", "resource": outcome})
    return parameters(listed)


def issue_of(fault: Fault) -> Issue:
    """By the line of the sheet, as people count."""
    where = f"sheet.line[{fault.row}].{fault.column}"
    if fault.severity == "error":
        return Issue("error", "invalid", f"line {fault.row}, {fault.column}: {fault.text}", where)
    return Issue("warning", "informational", f"line {fault.row}, {fault.column}: {fault.text}", where)
