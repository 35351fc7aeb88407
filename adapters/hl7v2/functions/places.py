"""PL and NDL → Location: one resource a level, each part of the next larger.

https://hl7.org/fhir/R4/location.html. Levels from the largest: facility, building, floor, point of care,
room, bed. A level is known by its own name and those around it, within its hospital.
"""

from collections.abc import Iterable
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.coded import table_coding
from adapters.hl7v2.functions.identifiers import (
    Authority,
    facility_of,
    system_and_assigner,
    universal_identifier,
)
from adapters.hl7v2.functions.urls import THO
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Made
from adapters.mapping.identity import key, resource_id

Json = dict[str, Any]
PHYSICAL_TYPE = THO + "location-physical-type"
_KINDS = {
    "si": "Site",
    "bu": "Building",
    "lvl": "Level",
    "wa": "Ward",
    "ro": "Room",
    "bd": "Bed",
}
_PL_LEVELS = ((4, "si"), (7, "bu"), (8, "lvl"), (1, "wa"), (2, "ro"), (3, "bd"))
_NDL_LEVELS = ((7, "si"), (10, "bu"), (11, "lvl"), (4, "wa"), (5, "ro"), (6, "bd"))


def pl_location(value: Value, context: Context, *, bed_status: Value | None = None) -> Made | None:
    """PL → Reference(Location) of the smallest level it names."""
    chain = _chain(((value.sub(part), kind) for part, kind in _PL_LEVELS), context)
    description = value.text(9)
    if not chain:
        if not description:
            return None
        chain = [_location(["description", description], {"name": description}, None, context)]
    smallest = chain[-1]
    if description and smallest.get("name") != description:
        smallest["description"] = description
    if kind := value.text(6):
        smallest["type"] = [{"coding": [table_coding(context, "LocationType", "0305", kind)]}]
    if value.count() > 9 and (identifier := _comprehensive(value, context)):
        smallest.setdefault("identifier", []).append(identifier)
    if bed_status is not None and (status := bed_status.text(1)):
        smallest["operationalStatus"] = table_coding(context, "BedStatus", "0116", status)
    return _made(chain)


def ndl_location(value: Value, context: Context) -> Made | None:
    """NDL → Reference(Location)."""
    return _made(_chain(((value.sub(part), kind) for part, kind in _NDL_LEVELS), context))


def text_location(value: Value, context: Context) -> Made | None:
    """A location known by one word (DLD-1, PV1-39) → Reference(Location)."""
    if (first := value.sub(1)).count() > 1:  # a CWE as of 2.8
        value = first
    name = value.text(2) or value.text(1)
    if not name:
        return None
    code = value.text(1)
    made: Json = {"name": name}
    if code and code != name:
        made["identifier"] = [{"system": context.hospital.identifier_system("location"), "value": code}]
    return _made([_location(["name", code or name], made, None, context)])


def _made(chain: list[Json]) -> Made | None:
    if not chain:
        return None
    display = " ".join(each["name"] for each in chain if "name" in each)
    smallest = chain[-1]
    return Made({"reference": f"Location/{smallest['id']}", "display": display}, tuple(chain))


def _chain(levels: Iterable[tuple[Value, str]], context: Context) -> list[Json]:
    chain: list[Json] = []
    path: list[str] = []
    for level, kind in levels:
        name, universal = level.text(1), level.text(2)
        if not name and not universal:
            continue
        made: Json = {}
        if universal:
            made["identifier"] = [universal_identifier(universal, level.text(3))]
        made["mode"] = "instance"
        made["name"] = name or universal
        coding = {"system": PHYSICAL_TYPE, "code": kind, "display": _KINDS[kind]}
        made["physicalType"] = {"coding": [coding]}
        path += [kind, name or universal]
        chain.append(_location(path, made, chain[-1] if chain else None, context))
    return chain


def _location(path: list[str], made: Json, parent: Json | None, context: Context) -> Json:
    location: Json = {
        "resourceType": "Location",
        "id": resource_id("Location", context.hospital.id, key(*path)),
        **made,
    }
    if parent is not None:
        location["partOf"] = {"reference": f"Location/{parent['id']}", "display": parent["name"]}
    return location


def _comprehensive(value: Value, context: Context) -> Json | None:
    """PL-10, an EI."""
    number = value.sub(10)
    if not (text := number.text(1)):
        return None
    system, assigner = system_and_assigner(
        context, Authority(number, 2), "location", text, facility_of(value.sub(11))
    )
    made: Json = {"system": system, "value": text}
    return {**made, "assigner": assigner} if assigner else made


def location_key(values: list[Value], context: Context) -> str | None:
    """What names the smallest level of a PL: the key of its Location."""
    if not values:
        return None
    path: list[str] = []
    for part, kind in _PL_LEVELS:
        level = values[0].sub(part)
        if name := level.peek(1) or level.peek(2):
            path += [kind, name]
    return key(*path) if path else None


def place_itself(value: Value, context: Context) -> Made | None:
    """PL of the very Location that is told of → its mode, with what the PL says of it and those around."""
    made = pl_location(value, context)
    return Made("instance", made.resources) if made is not None else None


def la2_location(value: Value, context: Context) -> Made | None:
    """LA2 → Reference(Location): its first parts are those of a PL."""
    return pl_location(value, context)
