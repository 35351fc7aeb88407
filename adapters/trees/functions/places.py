"""Where: wards, rooms and beds → Location; the departments and the hospital around them → Organization.

https://hl7.org/fhir/R4/location.html. WS/T 500 writes bed, room, department, ward and hospital as one
chain of organizations; the OID of a number tells which is which.
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Made
from adapters.mapping.identity import key, resource_id
from adapters.trees.functions.identifiers import identifier
from adapters.trees.functions.people import organization
from adapters.trees.functions.texts import address, name_text
from adapters.trees.reading import Value

Json = dict[str, Any]
PHYSICAL = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_KINDS = {
    "2.16.156.10011.1.22": ("bd", "Bed"),
    "2.16.156.10011.1.21": ("ro", "Room"),
    "2.16.156.10011.1.27": ("wa", "Ward"),
}


def _links(value: Value) -> list[Value]:
    """The chain from the innermost outwards."""
    chain: list[Value] = []
    link: Value | None = value
    while link is not None and len(chain) < 12:
        chain.append(link)
        part = link.child("asOrganizationPartOf") or link.child("asLocatedEntityPartOf")
        link = (part.child("wholeOrganization") or part.child("location")) if part is not None else None
    return [each for each in chain if each.child("id") is not None or each.child("name") is not None]


def _kind(link: Value) -> str:
    root = next((each.peek("root") for each in link.children("id")), "")
    return root if root in _KINDS else ""


def chain_location(value: Value, context: Context) -> Made | None:
    """Reference(Location) of the innermost place, with the places and organizations around it."""
    links = _links(value)
    places = [each for each in links if _kind(each) or each.name == "location"]
    units = [each for each in links if each not in places]
    owner = _organizations(units, context)
    outer: Json | None = None
    made: list[Json] = list(owner.resources) if owner else []
    for place in reversed(places):
        built = _location(place, outer, owner.value if owner else None, context)
        if built is not None:
            made.append(built)
            outer = {"reference": f"Location/{built['id']}"} | (
                {"display": built["name"]} if "name" in built else {}
            )
    return Made(outer, tuple(made)) if outer is not None else None


def _location(place: Value, outer: Json | None, owner: Json | None, context: Context) -> Json | None:
    numbers = [found for each in place.children("id") if (found := identifier(each, context, "location"))]
    name = next((said for each in place.children("name") if (said := name_text(each, context))), "")
    if not numbers and not name:
        return None
    kind = _kind(place)
    parts = [kind, numbers[0]["value"] if numbers else name, (outer or {}).get("reference", "")]
    parts.append((owner or {}).get("reference", ""))
    made: Json = {"resourceType": "Location", "id": resource_id("Location", context.hospital.id, key(*parts))}
    if numbers:
        made["identifier"] = numbers
    if name:
        made["name"] = name
    if kind:
        code, display = _KINDS[kind]
        made["physicalType"] = {"coding": [{"system": PHYSICAL, "code": code, "display": display}]}
    if owner:
        made["managingOrganization"] = owner
    if outer:
        made["partOf"] = outer
    return made


def _organizations(units: list[Value], context: Context) -> Made | None:
    """The departments of a chain, each part of the next."""
    above: Made | None = None
    for unit in reversed(units):
        made = organization(unit, context)
        if made is None:
            continue
        resources = tuple(
            each for each in made.resources if f"Organization/{each['id']}" == made.value.get("reference")
        )
        if above is not None and resources and above.value != made.value:
            resources = ({**resources[0], "partOf": above.value},)
        above = Made(made.value, (*resources, *(above.resources if above else ())))
    return above


def chain_organization(value: Value, context: Context) -> Made | None:
    """Reference(Organization) of the innermost department of a chain."""
    links = [each for each in _links(value) if not _kind(each) and each.name != "location"]
    return _organizations(links, context)


def facility_location(value: Value, context: Context) -> Made | None:
    """A service delivery location with a name and an address of its own."""
    place = value.child("location") or value
    numbers = [found for each in value.children("id") if (found := identifier(each, context, "location"))]
    name = next((said for each in place.children("name") if (said := name_text(each, context))), "")
    if not name and not numbers:
        return None
    identity = key(numbers[0]["system"], numbers[0]["value"]) if numbers else key("name", name)
    made: Json = {"resourceType": "Location", "id": resource_id("Location", context.hospital.id, identity)}
    if numbers:
        made["identifier"] = numbers
    if name:
        made["name"] = name
    if where := next(filter(None, (address(each, context) for each in place.children("addr"))), None):
        made["address"] = where
    reference = {"reference": f"Location/{made['id']}"} | ({"display": name} if name else {})
    return Made(reference, (made,))
