"""`near`: within a distance of a place, `latitude|longitude|distance|units`.

https://hl7.org/fhir/R4/location.html#search
"""

import re
from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Near, Point
from exchange.search.query.criterion import Criterion
from exchange.search.query.values import alternatives, refused, split, unescaped

# How far is near where the search does not say: the specification leaves it to the server.
DEFAULT_DISTANCE = 50_000.0
# Metres; UCUM's codes, and what people write.
_UNITS = {
    "km": 1000.0,
    "m": 1.0,
    "[mi_us]": 1609.347218694438,
    "[mi_i]": 1609.344,
    "mi": 1609.344,
    "[ft_i]": 0.3048,
    "[nmi_i]": 1852.0,
}
_NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d{1,20})?\Z", re.ASCII)


def near(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    return Near(tuple(_point(asked.name, value) for value in alternatives(asked.name, asked.value)))


def _point(name: str, value: str) -> Point:
    """A distance without units is in kilometres."""
    parts = [unescaped(part) for part in split(value, "|")]
    if not 2 <= len(parts) <= 4 or not all(_NUMBER.match(part) for part in parts[:2]):
        raise refused(name, f"{name} needs latitude|longitude|distance|units, in degrees.")
    latitude, longitude = float(parts[0]), float(parts[1])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise refused(name, f"{name} names no place on earth.")
    distance, unit = (*parts[2:], "", "")[:2]
    if not distance and not unit:
        return Point(latitude, longitude, DEFAULT_DISTANCE)
    metres = _UNITS.get(unit or "km")
    if metres is None or not _NUMBER.match(distance) or float(distance) < 0:
        raise refused(name, f"{name} needs a distance in one of {', '.join(_UNITS)}.")
    return Point(latitude, longitude, float(distance) * metres)


MODIFIERS: Mapping[str, Made] = {"": near}
