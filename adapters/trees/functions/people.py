"""Persons in a role, organizations and places → references, and what they refer to.

https://hl7.org/fhir/R4/references.html#Reference. Who has no number cannot be told from a namesake within
the hospital, so the reference carries the name only; organizations and places are known by number or name.
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Made
from adapters.mapping.identity import key, resource_id
from adapters.trees.functions.coded import concept
from adapters.trees.functions.identifiers import identifier
from adapters.trees.functions.texts import address, human_name, name_text, telecom
from adapters.trees.reading import Value
from terminology.naming import STAFF_ID

Json = dict[str, Any]
_ROLES = (
    *("assignedAuthor", "assignedEntity", "associatedEntity", "participantRole", "assignedPerson1"),
    *("healthCareProvider", "assignedPerson", "responsibleParty", "relatedEntity", "intendedRecipient"),
    "identifiedEntity",
)
_PERSONS = (
    *("assignedPerson", "playingEntity", "associatedPerson", "informationRecipient", "relatedPerson"),
    *("assignedPrincipalChoiceList", "person", "playingPerson", "assignedAuthorChoice"),
)
_ORGANIZATIONS = (
    *("representedOrganization", "scopingOrganization", "receivedOrganization", "assignedOrganization"),
    *("representedCustodianOrganization", "scopingEntity"),
)

_AUTHOR_ID = "urn:oid:2.16.156.10011.1.7"

# Element, its name in FHIR, the function that makes it, and the vocabulary of its uses.
_REACH = (("telecom", "telecom", telecom, "TelecomUse"), ("addr", "address", address, "AddressUse"))


def role_of(value: Value) -> Value:
    """The role inside a participation, or the value itself."""
    return next((found for name in _ROLES if (found := value.child(name)) is not None), value)


def practitioner(value: Value, context: Context) -> Made | None:
    """Reference(Practitioner), or (PractitionerRole) where a role or an organization is told."""
    role = role_of(value)
    if (device := authoring_device(role, context)) is not None and _person(role) is None:
        return device
    numbers = _numbers(role, context)
    names, people = _named(role, context), _person(role)
    if not numbers:
        return _nameless(role, ", ".join(each["text"] for each in names), context)
    display = names[0]["text"] if names else ""
    made_id = resource_id("Practitioner", context.hospital.id, key(numbers[0]["system"], numbers[0]["value"]))
    made: Json = {"resourceType": "Practitioner", "id": made_id, "identifier": numbers}
    if names:
        made["name"] = names
    for source, name, function, uses in _REACH:
        points = [
            said
            for part in (role, people)
            if part
            for each in part.children(source)
            if (said := function(each, context, vocabulary=context.vocabularies.get(uses)))
        ]
        if points:
            made[name] = list({str(each): each for each in points}.values())
    reference: Json = {"reference": f"Practitioner/{made_id}"} | ({"display": display} if display else {})
    return _in_role(role, made, reference, context)


def _numbers(role: Value, context: Context) -> list[Json]:
    """A person's numbers. WS/T 500 gives the author's staff number a root of its own; whoever writes a
    document and signs it is one person, so that it stands under the staff's first."""
    numbers = [found for each in role.children("id") if (found := identifier(each, context, "practitioner"))]
    if numbers and numbers[0]["system"] == _AUTHOR_ID:
        return [{**numbers[0], "system": STAFF_ID}, *numbers]
    return numbers


def _person(role: Value) -> Value | None:
    return next((found for name in _PERSONS if (found := role.child(name)) is not None), None)


def _named(role: Value, context: Context) -> list[Json]:
    person = _person(role)
    sources = [each for part in (person, role) if part is not None for each in part.children("name")]
    return [made for each in sources if (made := human_name(each, context))]


def _nameless(role: Value, display: str, context: Context) -> Made | None:
    """Somebody without a number: the name, and as what; or the organization that acts."""
    organized = _organized(role, context)
    said = concept(code, context) if (code := role.child("code")) is not None else None
    if display:
        as_what = said.get("text") or said["coding"][0].get("display", "") if said else ""
        shown = f"{display} ({as_what})" if as_what else display
        more = organized.resources if organized else ()
        return Made({"type": "Practitioner", "display": shown}, more)
    return organized


def _organized(role: Value, context: Context) -> Made | None:
    for name in _ORGANIZATIONS:
        if (found := role.child(name)) is not None and (made := organization(found, context)):
            return made
    return None


def _in_role(role: Value, made: Json, reference: Json, context: Context) -> Made:
    """A PractitionerRole if the source says as what or for whom."""
    codes = [said for each in role.children("code") if (said := concept(each, context))]
    organized = _organized(role, context)
    if not codes and organized is None:
        return Made(reference, (made,))
    parts = [made["id"], *(str(each) for each in codes)]
    resource: Json = {"resourceType": "PractitionerRole", "practitioner": reference}
    more: tuple[Json, ...] = ()
    if organized is not None:
        resource["organization"], more = organized.value, organized.resources
        parts.append(organized.value.get("reference", organized.value.get("display", "")))
    if codes:
        resource["code"] = codes
    resource["id"] = resource_id("PractitionerRole", context.hospital.id, key(*parts))
    told: Json = {"reference": f"PractitionerRole/{resource['id']}"}
    if "display" in reference:
        told["display"] = reference["display"]
    return Made(told, (made, *more, resource))


def authoring_device(value: Value, context: Context) -> Made | None:
    """Reference(Device) of the software that wrote a document."""
    device = value.child("assignedAuthoringDevice")
    if device is None:
        return None
    model, software = device.below("manufacturerModelName"), device.below("softwareName")
    numbers = [found for each in value.children("id") if (found := identifier(each, context, "device"))]
    names = [("model-name", model), ("manufacturer-name", software)]
    told = [{"name": name, "type": kind} for kind, name in names if name]
    if not told:
        return None
    identity = key(*(each["value"] for each in numbers), model, software)
    made: Json = {"resourceType": "Device", "id": resource_id("Device", context.hospital.id, identity)}
    if numbers:
        made["identifier"] = numbers
    made["deviceName"] = told
    if organized := _organized(value, context):
        made["owner"] = organized.value
    reference = {"reference": f"Device/{made['id']}", "display": model or software}
    return Made(reference, (*(organized.resources if organized else ()), made))


def organization(value: Value, context: Context) -> Made | None:
    """Reference(Organization), with the organizations that it is part of."""
    above = _whole(value, context)
    own = bare_organization(value, context)
    if own is None or above is None or own.value["reference"] == above.value.get("reference"):
        return own or above
    return Made(own.value, ({**own.resources[0], "partOf": above.value}, *above.resources))


def bare_organization(value: Value, context: Context) -> Made | None:
    """Reference(Organization) and the Organization, whatever it is part of."""
    numbers = [found for each in value.children("id") if (found := identifier(each, context, "organization"))]
    name = next((said for each in value.children("name") if (said := name_text(each, context))), "")
    if not numbers and not name:
        return None
    system = numbers[0]["system"] if numbers else "name"
    identity = key(system, numbers[0]["value"] if numbers else name)
    made_id = resource_id("Organization", context.hospital.id, identity)
    made: Json = {"resourceType": "Organization", "id": made_id}
    if numbers:
        made["identifier"] = numbers
    if name:
        made["name"] = name
    _reach(value, made, context)
    return Made({"reference": f"Organization/{made_id}"} | ({"display": name} if name else {}), (made,))


def _reach(value: Value, made: Json, context: Context) -> None:
    sources = (value, value.child("contactParty"))
    for source, name, function, uses in _REACH:
        found = [
            said
            for part in sources
            if part
            for each in part.children(source)
            if (said := function(each, context, vocabulary=context.vocabularies.get(uses)))
        ]
        for each in found:
            if each.get("use") == "home":  # an organization has no home
                del each["use"]
        if found:
            made[name] = found


def _whole(value: Value, context: Context) -> Made | None:
    part = value.child("asOrganizationPartOf")
    whole = part.child("wholeOrganization") if part is not None else None
    return organization(whole, context) if whole is not None else None
