"""Distances on the globe, along great circles.

https://hl7.org/fhir/R4/location.html#search
"""

import math

from exchange.search.query.conditions import Point
from exchange.search.statement.builder import Builder

# The mean radius of the earth (IUGG), in metres.
RADIUS = 6_371_008.8
# A latitude that no distance reaches may be left out; this much more is looked at, for rounding.
_SLACK = 1e-9


def within(b: Builder, latitude: str, longitude: str, point: Point) -> str:
    """True if the place is no further from the point than its distance: by the haversine formula, which is
    right at the poles and across the 180th meridian. The latitudes bound the part of the btree to be read."""
    reach = math.degrees(point.distance / RADIUS) + _SLACK
    south, north = (b.argument(point.latitude + side, "float8") for side in (-reach, reach))
    at = b.argument(point.latitude, "float8")
    across = f"power(sin(radians({longitude} - {b.argument(point.longitude, 'float8')}) / 2), 2)"
    along = f"power(sin(radians({latitude} - {at}) / 2), 2)"
    square = f"{along} + cos(radians({at})) * cos(radians({latitude})) * {across}"
    distance = f"2 * {RADIUS} * asin(sqrt(least(1, {square})))"
    return f"{latitude} BETWEEN {south} AND {north} AND {distance} <= {b.argument(point.distance, 'float8')}"
