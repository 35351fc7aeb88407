"""Visits, orders and requests as the answer to a query tells them: as the messages that add them do.

WS/T 846-2024: encounterEvent; placerGroup around substanceAdministrationRequest; observationRequest and
procedureRequest with the items of the form inside.
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.v3.told import Around, assigned, at, delivery, diagnosis, location, provider, subject
from adapters.v3.wording import code, concept, each_in, ids, noted, quantity, said, span, time

Json = dict[str, Any]
_PLACE: Final = 'location typeCode="LOC"'
_REASON: Final = 'reason typeCode="RSON"'
_PARTICIPATIONS: Final = {"ADM": "admitter", "DIS": "discharger"}
# Services whose requests are procedures.
_PROCEDURES: Final = ("Operation", "BloodTrans")


def visit(resource: Json, around: Around) -> str:
    """encounterEvent."""
    places = [location(each, around) for each in resource.get("location", ())]
    found = [diagnosis(each.get("condition"), around) for each in resource.get("diagnosis", ())]
    return (
        f'<encounterEvent classCode="ENC" moodCode="EVN">{ids(resource.get("identifier", ()))}'
        f'{_kind(resource)}<statusCode code="{said(resource.get("status", ""))}"/>'
        f"{span('effectiveTime', resource.get('period', {}))}"
        f"{quantity('lengthOfStayQuantity', resource.get('length', {}))}"
        f"{subject(resource.get('subject'), around)}"
        f"{''.join(_participant(each, around) for each in resource.get('participant', ()))}"
        f"{each_in(_PLACE, places)}"
        f"{_responsible(resource, around)}"
        f"{each_in(_REASON, found)}</encounterEvent>"
    )


def _kind(encounter: Json) -> str:
    kind = next(iter(encounter.get("type", ())), None)
    own: Json = encounter.get("class", {})
    return concept("code", kind) or code(
        "code", own.get("code", ""), own.get("system", ""), own.get("display", "")
    )


def _participant(told: Json, around: Around) -> str:
    codes = [each.get("code", "") for kind in told.get("type", ()) for each in kind.get("coding", ())]
    element = next((_PARTICIPATIONS[each] for each in codes if each in _PARTICIPATIONS), "attender")
    who = assigned("assignedPerson", told.get("individual"), around)
    return f"<{element}>{span('time', told.get('period', {}))}{who}</{element}>" if who else ""


def _responsible(encounter: Json, around: Around) -> str:
    """The organization, where no place tells it."""
    made = "" if encounter.get("location") else provider(encounter.get("serviceProvider"), around)
    return each_in(_PLACE, [each_in('serviceDeliveryLocation classCode="SDLOC"', [made])])


def requests(found: Sequence[Json], around: Around, service: str) -> list[str]:
    """The forms, each with its items; an item whose form was not found stands alone."""
    element = "procedureRequest" if service.startswith(_PROCEDURES) else "observationRequest"
    forms = {str(number): each for each in found for number in each.get("identifier", ())}
    items: dict[str, list[Json]] = {}
    for each in found:
        form = forms.get(str(each.get("requisition", "")))
        if form is not None and form is not each:
            items.setdefault(form["id"], []).append(each)
    inside = {each["id"] for of in items.values() for each in of}
    made = []
    for each in found:
        if each["resourceType"] == "MedicationRequest":
            made.append(_prescription(each, around))
        elif each["id"] not in inside:
            own = items.get(each["id"], ())
            parts = each_in("component2", [_request(part, element, around, "") for part in own])
            made.append(_request(each, element, around, parts + _encounter(each, around)))
    return made


def _request(resource: Json, element: str, around: Around, inner: str) -> str:
    """An order of a service, or one item of its form."""
    specimens = [_specimen(at(each, around)) for each in resource.get("specimen", ())]
    return (
        f'<{element} classCode="OBS" moodCode="RQO">{ids(resource.get("identifier", ()))}'
        f'{concept("code", resource.get("code"))}<statusCode code="{said(resource.get("status", ""))}"/>'
        f"{_when(resource)}{code('priorityCode', resource.get('priority', ''), '', '')}"
        f"{''.join(concept('methodCode', each) for each in resource.get('orderDetail', ()))}"
        f"{''.join(concept('targetSiteCode', each) for each in resource.get('bodySite', ()))}"
        f"{''.join(specimens)}{_author(resource, around)}{noted(resource)}{inner}</{element}>"
    )


def _when(resource: Json) -> str:
    period = resource.get("occurrencePeriod") or {"start": resource.get("occurrenceDateTime", "")}
    return span("effectiveTime", period)


def _specimen(found: Json) -> str:
    told = ids(found.get("identifier", ())) + concept("code", found.get("type"))
    return each_in("specimen", [each_in("specimen", [told])])


def _author(resource: Json, around: Around) -> str:
    who = assigned("assignedEntity", resource.get("requester"), around)
    when = time("time", resource.get("authoredOn", ""))
    return f'<author typeCode="AUT">{when}{who}</author>' if who or when else ""


def _prescription(resource: Json, around: Around) -> str:
    """placerGroup: who ordered, the medicine, and the visit."""
    dosage: Json = next(iter(resource.get("dosageInstruction", ())), {})
    dose: Json = next(iter(dosage.get("doseAndRate", ())), {})
    drug = resource.get("medicationCodeableConcept")
    period = dosage.get("timing", {}).get("repeat", {}).get("boundsPeriod", {})
    ordered = (
        f"{ids(resource.get('identifier', ()))}"
        f"{concept('code', next(iter(resource.get('category', ())), None))}"
        f'<statusCode code="{said(resource.get("status", ""))}"/>{span("effectiveTime", period)}'
        f"{concept('routeCode', dosage.get('route'))}"
        f"{quantity('doseQuantity', dose.get('doseQuantity', {}))}"
        "<consumable2><manufacturedProduct1><manufacturedProduct>"
        f"{concept('code', drug)}</manufacturedProduct></manufacturedProduct1></consumable2>{noted(resource)}"
    )
    return (
        f"<placerGroup>{_author(resource, around)}<component2><substanceAdministrationRequest "
        f'classCode="SBADM" moodCode="RQO">{ordered}</substanceAdministrationRequest></component2>'
        f"{_encounter(resource, around)}</placerGroup>"
    )


def _encounter(resource: Json, around: Around) -> str:
    """The visit that an order belongs to, with the patient; the patient alone where no visit is told."""
    found = at(resource.get("encounter"), around)
    reasons = [diagnosis(each, around) for each in resource.get("reasonReference", ())]
    inner = (
        f"{ids(found.get('identifier', ()))}{_kind(found) if found else ''}"
        f"{span('effectiveTime', found.get('period', {}))}{subject(resource.get('subject'), around)}"
        f"{delivery(found, around) if found else ''}"
        f"{each_in('pertinentInformation1', reasons)}"
    )
    return each_in("componentOf1", [each_in("encounter", [inner])])


def appointment(resource: Json, around: Around) -> str:
    """encounterAppointment: who, with whom and when."""
    actors = [each.get("actor", {}) for each in resource.get("participant", ())]
    patients = [each for each in actors if at(each, around).get("resourceType") == "Patient"]
    whom = [
        assigned("assignedPerson", each, around)
        for each in actors
        if each.get("reference", "").startswith("Practitioner")
    ]
    slots = [ids([each["identifier"]]) for each in resource.get("slot", ()) if "identifier" in each]
    return (
        f'<encounterAppointment classCode="ENC" moodCode="APT">{ids(resource.get("identifier", ()))}'
        f'<statusCode code="{said(resource.get("status", ""))}"/>{span("effectiveTime", resource)}'
        f"{''.join(subject(each, around) for each in patients)}{each_in('performer', whom)}"
        f"{each_in('arrivedBy', [each_in('transportationIntent', [each]) for each in slots])}"
        "</encounterAppointment>"
    )


def schedule(resource: Json, around: Around) -> str:
    """resourceSlot: what can be booked, and whose it is."""
    whose = [assigned("identifiedEntity", each, around) for each in resource.get("actor", ())]
    kinds = [concept("profession", each) for each in resource.get("specialty", ())]
    inner = (
        f"{ids(resource.get('identifier', ()))}{''.join(kinds)}"
        f"{''.join(concept('code', each) for each in resource.get('serviceType', ()))}"
        f"{span('effectiveTime', resource.get('planningHorizon', {}))}{each_in('directTarget', whose)}"
    )
    return each_in("schedule", [each_in("resourceSlot", [inner])])
