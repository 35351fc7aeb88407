"""Numbers and quantities as ranges.

https://hl7.org/fhir/R4/search.html#number
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exchange.search.value.token import coded, h64
from terminology.naming import UCUM

CURRENCY = "urn:iso:std:iso:4217"

Bounds = tuple[float, float]


def implicit_range(number: Decimal) -> Bounds:
    """The range that a written number stands for by its precision, upper end exclusive.

    `100` is [99.5, 100.5), `100.00` is [99.995, 100.005), and, in the specification's own example, `1e2` is
    [95, 105).
    """
    exponent = int(number.as_tuple().exponent)
    half = Decimal(5).scaleb(exponent - 1 if exponent <= 0 else exponent - 2)
    return float(number - half), float(number + half)


def quantity_bounds(quantity: Mapping[str, Any]) -> Bounds | None:
    """The range of a Quantity, open where its comparator says so; None if it has no value."""
    value = quantity.get("value")
    if value is None:
        return None
    point = float(value)
    match quantity.get("comparator"):
        case "<" | "<=":
            return -math.inf, point
        case ">" | ">=":
            return point, math.inf
        case _:
            return point, point


def range_bounds(value: Mapping[str, Any]) -> Bounds | None:
    """The range of a Range; None if it has neither end."""
    low, high = value.get("low", {}).get("value"), value.get("high", {}).get("value")
    if low is None and high is None:
        return None
    return (-math.inf if low is None else float(low)), (math.inf if high is None else float(high))


def sampled_bounds(sampled: Mapping[str, Any]) -> Bounds | None:
    """The least and the greatest of the samples of a SampledData."""
    points = [float(point) for point in sampled.get("data", "").split() if _is_number(point)]
    if not points:
        return None
    scale = float(sampled.get("factor", 1))
    origin = float(sampled.get("origin", {}).get("value", 0))
    ends = [origin + scale * point for point in (min(points), max(points))]
    return min(ends), max(ends)


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).isdecimal()


def unit_tokens(system: str, code: str, unit: str) -> tuple[int, ...]:
    """The unit tokens under which a quantity is indexed; `system` is canonical, what is missing is empty.

    The first is its code in its system. `||mg` looks under that unit in UCUM, without a system, and
    under `any_unit`: so a further row is needed only where those would miss the code or the printed unit.
    """
    first = coded(system, code) if code else coded("", unit) if unit else None
    if first is None:
        return ()
    found = [first]
    if code and system not in ("", UCUM):
        found.append(any_unit(code))
    if code and unit and unit != code:
        found.append(any_unit(unit))
    return tuple(h64(value) for value in found)


def any_unit(unit: str) -> str:
    """The value of a unit's code or printed form whatever its system."""
    return f"\x01{unit}"


def sought_units(system: str | None, code: str) -> tuple[int, ...]:
    """The unit tokens that `value|system|code` looks for; `system` None in `value||code`."""
    if system is not None:
        return (h64(coded(system, code)),)
    return h64(coded(UCUM, code)), h64(coded("", code)), h64(any_unit(code))
