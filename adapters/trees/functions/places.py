"""Where: wards, rooms and beds → Location; the departments and the hospital around them → Organization.

https://hl7.org/fhir/R4/location.html. WS/T 500 writes bed, room, department, ward and hospital as one
chain of organizations; the OID of a number tells which is which.
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.mapping.functions import Made
from adapters.mapping.identity import key, resource_id
from adapters.trees.functions.coded import concept
from adapters.trees.functions.identifiers import identifier
from adapters.trees.functions.people import bare_organization
from adapters.trees.functions.texts import address, name_text, telecom
from adapters.trees.reading import Value

Json = dict[str, Any]
PHYSICAL = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_ROOM, _WARD = "2.16.156.10011.1.21", "2.16.156.10011.1.27"
_KINDS = {
    "2.16.156.10011.1.22": ("bd", "Bed"),
    _ROOM: ("ro", "Room"),
    _WARD: ("wa", "Ward"),
}

_UNITS = ("2.16.156.10011.1.26", "2.16.156.10011.1.5")


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
    root = _root(link)
    if not root and _is_below_hospital(link):
        return _WARD
    return root if root in _KINDS else ""


def _is_below_hospital(link: Value) -> bool:
    """Whether a link without a number stands where the chain has the ward: inside the hospital, around a
    link that is around a room."""
    above, inside = _around(link), _inside(_inside(link))
    return above is not None and _root(above) == _UNITS[1] and inside is not None and _root(inside) == _ROOM


def _around(link: Value) -> Value | None:
    part = link.child("asOrganizationPartOf")
    return part.child("wholeOrganization") if part is not None else None


def _inside(link: Value | None) -> Value | None:
    """The link that a link is around."""
    part = link.element.parent if link is not None else None
    inner = part.parent if part is not None and part.name == "asOrganizationPartOf" else None
    return Value(inner) if inner is not None else None


def chain_location(value: Value, context: Context) -> Made | None:
    """Reference(Location) of the innermost place, with the places and organizations around it."""
    links = _links(value)
    places = [each for each in links if _kind(each) or each.name == "location"]
    units = [each for each in links if each not in places]
    return _placed(list(reversed(places)), _organizations(units, context), context)


def _placed(places: list[Value], owner: Made | None, context: Context) -> Made | None:
    """Places from the outermost inwards; where there is none but departments, nothing."""
    outer: Json | None = None
    made: list[Json] = list(owner.resources) if owner else []
    for place in places:
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
    """The departments of a chain from the innermost outwards, each part of the next."""
    above: Made | None = None
    for unit in reversed(units):
        made = bare_organization(unit, context)
        if made is None:
            continue
        if above is None:
            above = made
        elif above.value["reference"] != made.value["reference"]:
            above = Made(made.value, ({**made.resources[0], "partOf": above.value}, *above.resources))
    return above


def chain_organization(value: Value, context: Context) -> Made | None:
    """Reference(Organization) of the innermost department of a chain."""
    links = [each for each in _links(value) if not _kind(each)]
    return _organizations(
        [each for each in links if each.name != "location" or _root(each) in _UNITS], context
    )


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


def role_location(value: Value, context: Context) -> Made | None:
    """Reference(Location) of a participant that is a place: its name, kind, address and telephone."""
    entity = value.child("playingEntity")
    numbers = [one for each in value.children("id") if (one := identifier(each, context, "location"))]
    name = entity.below("name") if entity is not None else ""
    kinds = [found for each in value.children("code") if (found := concept(each, context))]
    where = [found for each in value.children("addr") if (found := address(each, context))]
    if not (name or numbers or kinds or where):
        return None
    parts = [numbers[0]["system"], numbers[0]["value"]] if numbers else ["name", name, str(kinds), str(where)]
    made: Json = {"resourceType": "Location", "id": resource_id("Location", context.hospital.id, key(*parts))}
    points = [said for each in value.children("telecom") if (said := telecom(each, context))]
    told: Json = {"identifier": numbers, "name": name, "type": kinds, "telecom": points}
    made.update({element: said for element, said in told.items() if said})
    if where:
        made["address"] = where[0]
    return Made({"reference": f"Location/{made['id']}"} | ({"display": name} if name else {}), (made,))


def nested_location(value: Value, context: Context) -> Made | None:
    """Reference(Location) of the innermost place, where the chain is written from the outside inwards:
    department, ward, room, bed."""
    chain: list[Value] = []
    link: Value | None = value
    while link is not None and len(chain) < 12:
        chain.append(link)
        part = link.child("locatedEntityHasParts")
        link = part.child("locatedPlace") if part is not None else None
    units = [each for each in chain if not _kind(each)]
    owner = _organizations(list(reversed(units)), context)
    places = [each for each in chain if _kind(each)]
    return _managed(owner, context) if owner is not None and not places else _placed(places, owner, context)


def delivery_location(value: Value, context: Context) -> Made | None:
    """Reference(Location) of a service delivery location: its place among the departments around it. Where
    only a department is told, a Location that it manages."""
    units = value.child("serviceProviderOrganization")
    owner = chain_organization(units, context) if units is not None else None
    inner = value.child("location")
    if inner is None:
        return None
    if inner.child("locatedEntityHasParts") is not None:
        return nested_location(inner, context)
    links = _links(inner)
    own = _organizations([each for each in links if _root(each) in _UNITS], context)
    if own is not None:
        owner = _joined(own, owner)
    places = [each for each in links if _root(each) not in _UNITS]
    if not places and owner is not None:
        return _managed(owner, context)
    return _placed(list(reversed(places)), owner, context)


def _root(link: Value) -> str:
    return next((each.peek("root") for each in link.children("id")), "")


def _joined(inner: Made, outer: Made | None) -> Made:
    return inner if outer is None else Made(inner.value, (*inner.resources, *outer.resources))


def _managed(owner: Made, context: Context) -> Made:
    """A Location that is a department's whole area."""
    reference = owner.value["reference"]
    made: Json = {
        "resourceType": "Location",
        "id": resource_id("Location", context.hospital.id, key("area", reference)),
    }
    if name := owner.value.get("display"):
        made["name"] = name
    made["managingOrganization"] = owner.value
    told = {"reference": f"Location/{made['id']}"} | ({"display": made["name"]} if "name" in made else {})
    return Made(told, (*owner.resources, made))


def place_or_unit(value: Value, context: Context) -> Made | None:
    """Reference(Location) of a ward, a room or a bed, else (Organization) of the department."""
    links = _links(value)
    if any(_kind(each) for each in links):
        return _placed([each for each in reversed(links) if _kind(each)], None, context)
    return _organizations([each for each in links if _root(each) in _UNITS or not _kind(each)], context)
