"""Persons, places and diagnoses around what a query found, as its answer tells them.

WS/T 846-2024. What the caller may not see is not among them: then a reference's own words are told.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.v3.wording import (
    addresses,
    concept,
    each_in,
    gender,
    ids,
    name,
    names,
    span,
    telecoms,
    time,
)

Json = dict[str, Any]
# Resources by `Type/id`.
Around = Mapping[str, Json]
_LOCAL_PATIENT: Final = "2.16.156.10011.2.5.1.4"


def at(reference: Json | None, around: Around) -> Json:
    """What a reference points to, or nothing."""
    return around.get((reference or {}).get("reference", ""), {})


def patient(resource: Json) -> str:
    """A patient: the hospital's own numbers as the role's, all others as the person's."""
    numbers = resource.get("identifier", ())
    own = [each for each in numbers if "/sid/" in each.get("system", "")]
    others = [each for each in numbers if each not in own]
    person = (
        f"{ids(others)}{names(resource)}{telecoms(resource)}{gender(resource)}"
        f"{time('birthTime', resource.get('birthDate', ''))}{addresses(resource)}"
        f"{concept('maritalStatusCode', resource.get('maritalStatus'))}"
    )
    inner = f"{ids(own, _LOCAL_PATIENT)}<patientPerson>{person}</patientPerson>"
    return f'<patient classCode="PAT">{inner}</patient>'


def subject(reference: Json | None, around: Around) -> str:
    found = at(reference, around)
    return f'<subject typeCode="SBJ">{patient(found)}</subject>' if found else ""


def assigned(element: str, reference: Json | None, around: Around) -> str:
    """A person in a role (`assignedEntity`), with the organization that it is for."""
    if not reference:
        return ""
    found = at(reference, around)
    person = at(found.get("practitioner"), around) if "practitioner" in found else found
    text = next((each.get("text", "") for each in person.get("name", ())), "")
    text = text or reference.get("display", "")
    whose = at(found.get("organization"), around) or {"name": found.get("organization", {}).get("display")}
    place = unit(whose) if whose.get("name") or whose.get("identifier") else ""
    return (
        f'<{element} classCode="ASSIGNED">{ids(person.get("identifier", ()))}'
        f'<assignedPerson classCode="PSN" determinerCode="INSTANCE">{name(text)}</assignedPerson>'
        f"{each_in('representedOrganization', [place])}</{element}>"
    )


def unit(organization: Json) -> str:
    """The number and the name of an organization."""
    return ids(organization.get("identifier", ())) + name(organization.get("name") or "")


def provider(reference: Json | None, around: Around) -> str:
    """An organization with those that it is part of."""
    links = [unit(each) for each in _outwards(at(reference, around), around)]
    made = ""
    for link in reversed(links):
        made = link + each_in("asOrganizationPartOf", [each_in("wholeOrganization", [made])])
    return each_in("serviceProviderOrganization", [made])


def location(told: Json, around: Around) -> str:
    """A place of a visit, from the department inwards: ward, room, bed."""
    places = list(_outwards(at(told.get("location"), around), around))
    owner = at(places[0].get("managingOrganization"), around) if places else {}
    links = [owner, *reversed(places)] if owner else list(reversed(places))
    made = ""
    for link in reversed([each for each in links if unit(each)]):
        inner = f"<locatedPlace>{made}</locatedPlace>" if made else ""
        made = unit(link) + (f"<locatedEntityHasParts>{inner}</locatedEntityHasParts>" if inner else "")
    return (
        f"{span('time', told.get('period', {}))}{_delivery(f'<location>{made}</location>')}" if made else ""
    )


def _delivery(inner: str) -> str:
    return f'<serviceDeliveryLocation classCode="SDLOC">{inner}</serviceDeliveryLocation>'


def delivery(encounter: Json, around: Around) -> str:
    """Where the visit of an order is: the innermost place with those around it, and the department."""
    told: Json = next(iter(encounter.get("location", ())), {})
    made = ""
    for place in reversed(list(_outwards(at(told.get("location"), around), around))):
        made = each_in("location", [unit(place) + each_in("asLocatedEntityPartOf", [made])])
    inner = made + provider(encounter.get("serviceProvider"), around)
    return each_in('location typeCode="LOC"', [_delivery(inner)]) if inner else ""


def _outwards(resource: Json, around: Around) -> Iterator[Json]:
    """A place or an organization and those that it is part of."""
    for _ in range(12):
        if not resource:
            return
        yield resource
        resource = at(resource.get("partOf"), around)


def diagnosis(reference: Json | None, around: Around) -> str:
    """observationDx of a Condition."""
    found = at(reference, around)
    if not found:
        return ""
    kind = next(iter(found.get("category", ())), None)
    author = assigned("assignedEntity", found.get("asserter"), around)
    return (
        f'<observationDx classCode="OBS" moodCode="EVN">{concept("code", kind)}'
        f"{time('effectiveTime', found.get('recordedDate', ''))}{concept('value', found.get('code'))}"
        f"{each_in('author', [author])}</observationDx>"
    )
