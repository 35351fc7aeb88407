"""Quantities: a number with a UCUM unit or a calendar duration, and what can be done with them.

http://hl7.org/fhirpath/N1/#quantity and https://hl7.org/fhir/R4/fhirpath.html#quantity
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from profiles.fhirpath import units
from profiles.fhirpath.number import EXACT, ROUNDED, plain
from profiles.fhirpath.number import equivalent as equivalent_numbers
from profiles.fhirpath.units import Measure

UCUM: Final = "http://unitsofmeasure.org"
_WORDS: Final = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
# Calendar words as they may be written → in the singular, as `Quantity.unit` has them.
CALENDAR: Final[Mapping[str, str]] = {word: word for word in _WORDS} | {f"{word}s": word for word in _WORDS}
# Definite durations that are the same as a calendar's; a calendar's years and months are not.
_DEFINITE: Final[Mapping[str, str]] = {
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
}
_LIKE: Final[Mapping[str, str]] = {**_DEFINITE, "year": "a", "month": "mo"}
# https://hl7.org/fhir/R4/fhirpath.html#quantity
_FROM_FHIR: Final[Mapping[str, str]] = {
    "a": "year",
    "mo": "month",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
}
_OPAQUE: Final = "\0"


@dataclass(frozen=True, slots=True)
class Quantity:
    """`unit` is a UCUM unit, a calendar word in the singular, or after U+0000 something that is neither."""

    value: Decimal
    unit: str = "1"

    def __str__(self) -> str:
        unit = self.unit.lstrip(_OPAQUE)
        if unit in CALENDAR:
            return f"{plain(self.value)} {unit if self.value == 1 else unit + 's'}"
        return f"{plain(self.value)} '{unit}'"

    @property
    def calendar(self) -> str | None:
        """The calendar word for date arithmetic: a definite duration up to weeks counts as one."""
        return self.unit if self.unit in CALENDAR else _CALENDAR_OF.get(self.unit)


_CALENDAR_OF: Final = {definite: word for word, definite in _DEFINITE.items()}


def from_fhir(quantity: Mapping[str, Any]) -> Quantity | None:
    """FHIR's Quantity, if it has a value without comparator. A unit not of UCUM equals itself alone."""
    value, code = quantity.get("value"), quantity.get("code")
    if value is None or "comparator" in quantity:
        return None
    number = Decimal(value)
    if code is not None and quantity.get("system") == UCUM:
        return Quantity(number, _FROM_FHIR.get(code, code))
    name = quantity.get("unit") if code is None else f"{quantity.get('system', '')}|{code}"
    return Quantity(number, _OPAQUE + name if name else "1")


def measure(unit: str) -> Measure | None:
    """What the unit measures; None if it is unknown."""
    if unit in ("year", "month"):
        return Measure(Fraction(12 if unit == "year" else 1), (("month", 1),))
    if unit.startswith(_OPAQUE):
        return Measure(Fraction(1), ((unit, 1),))
    return units.measure(_DEFINITE.get(unit, unit))


def comparable(left: Quantity, right: Quantity) -> bool:
    one, other = measure(left.unit), measure(right.unit)
    return one is not None and other is not None and one.dimensions == other.dimensions


def key(quantity: Quantity) -> tuple[object, ...]:
    """Equal for quantities that are equal."""
    found = measure(quantity.unit)
    if found is None:
        return quantity.unit, quantity.value
    return found.dimensions, found.base(quantity.value)


def compare(left: Quantity, right: Quantity) -> int | None:
    """-1, 0 or 1; None if they measure different things."""
    if left.unit == right.unit:
        one, other = Fraction(left.value), Fraction(right.value)
    else:
        lefts, rights = measure(left.unit), measure(right.unit)
        if lefts is None or rights is None or lefts.dimensions != rights.dimensions:
            return None
        one, other = lefts.base(left.value), rights.base(right.value)
    return (one > other) - (one < other)


def equivalent(left: Quantity, right: Quantity) -> bool:
    """Rounded to the precision of the less precise, in the finer unit; calendar years are like UCUM's."""
    lefts, rights = measure(_LIKE.get(left.unit, left.unit)), measure(_LIKE.get(right.unit, right.unit))
    if lefts is None or rights is None or lefts.dimensions != rights.dimensions:
        return left.unit == right.unit and equivalent_numbers(left.value, right.value)
    if lefts.factor >= rights.factor:
        return equivalent_numbers(left.value, lefts.value(rights.base(right.value)))
    return equivalent_numbers(rights.value(lefts.base(left.value)), right.value)


def add(left: Quantity, right: Quantity) -> Quantity | None:
    """In the finer unit of both; None if they measure different things."""
    if left.unit == right.unit:
        return Quantity(EXACT.add(left.value, right.value), left.unit)
    lefts, rights = measure(left.unit), measure(right.unit)
    if lefts is None or rights is None or lefts.dimensions != rights.dimensions:
        return None
    fine, unit = (lefts, left.unit) if lefts.factor <= rights.factor else (rights, right.unit)
    return Quantity(fine.value(lefts.base(left.value) + rights.base(right.value)), unit)


def negative(quantity: Quantity) -> Quantity:
    return Quantity(-quantity.value, quantity.unit)


def multiply(left: Quantity, right: Quantity) -> Quantity | None:
    unit = units.product(_ucum(left), _ucum(right))
    return None if unit is None else Quantity(EXACT.multiply(left.value, right.value), unit)


def divide(left: Quantity, right: Quantity) -> Quantity | None:
    """None if the divisor is zero, or a unit unknown."""
    unit = units.quotient(_ucum(left), _ucum(right))
    return (
        None if unit is None or not right.value else Quantity(ROUNDED.divide(left.value, right.value), unit)
    )


def _ucum(quantity: Quantity) -> str:
    return _LIKE.get(quantity.unit, quantity.unit)
