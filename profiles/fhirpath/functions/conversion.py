"""Conversions between the System types. http://hl7.org/fhirpath/N1/#conversion"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from profiles.fhirpath import quantity, temporal
from profiles.fhirpath.functions.single import ANYTHING, TEXT, Single
from profiles.fhirpath.invocation import Function
from profiles.fhirpath.number import MAX_INTEGER, MIN_INTEGER, bounded, plain
from profiles.fhirpath.quantity import CALENDAR, Quantity
from profiles.fhirpath.temporal import Temporal
from profiles.fhirpath.types import BOOLEAN, DATE, DATE_TIME, DECIMAL, INTEGER, QUANTITY, STRING, TIME, Type

_TRUE: Final = frozenset(("true", "t", "yes", "y", "1", "1.0"))
_FALSE: Final = frozenset(("false", "f", "no", "n", "0", "0.0"))
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,12}")
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_QUANTITY: Final = re.compile(r"([+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?)\s*(?:'([^']+)'|([a-zA-Z]+))?")


def to_boolean(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    if type(value) is str:
        text = value.lower()
        return True if text in _TRUE else False if text in _FALSE else None
    if type(value) in (int, Decimal) and value in (0, 1):
        return bool(value)
    return None


def to_integer(value: Any) -> int | None:
    if type(value) in (int, bool):
        return int(value)
    if type(value) is str and _INTEGER.fullmatch(value):
        return int(value) if MIN_INTEGER <= int(value) <= MAX_INTEGER else None
    return None


def to_decimal(value: Any) -> Decimal | None:
    if type(value) in (int, Decimal):
        return Decimal(value)
    if type(value) is bool:
        return Decimal("1.0" if value else "0.0")
    if type(value) is str and _DECIMAL.fullmatch(value):
        number = bounded(Decimal(value))
        return None if number is None else Decimal(number)
    return None


def to_string(value: Any) -> str | None:
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) in (int, Decimal):
        return plain(value)
    return str(value) if type(value) in (Temporal, Quantity) else None


def to_date(value: Any) -> Temporal | None:
    if type(value) is str:
        return temporal.date(value)
    if type(value) is not Temporal or value.kind == "Time":
        return None
    return Temporal("Date", value.parts[:3])


def to_date_time(value: Any) -> Temporal | None:
    if type(value) is str:
        return temporal.date_time(value)
    if type(value) is not Temporal or value.kind == "Time":
        return None
    return Temporal("DateTime", value.parts, value.zone)


def to_time(value: Any) -> Temporal | None:
    if type(value) is str:
        return temporal.time(value.removeprefix("T"))
    return value if type(value) is Temporal and value.kind == "Time" else None


def to_quantity(value: Any, unit: str | None = None) -> Quantity | None:
    """In `unit`, if one is given and the quantity has its dimension."""
    found = _quantity(value)
    if found is None or unit is None:
        return found
    wanted = CALENDAR.get(unit, unit)
    if not quantity.comparable(found, Quantity(Decimal(0), wanted)):
        return None
    one, other = quantity.measure(found.unit), quantity.measure(wanted)
    assert one is not None
    assert other is not None
    return Quantity(other.value(one.base(found.value)), wanted)


def _quantity(value: Any) -> Quantity | None:
    if type(value) is Quantity:
        return value
    if type(value) is not str:
        number = to_decimal(value)
        return None if number is None else Quantity(number)
    match = _QUANTITY.fullmatch(value)
    if match is None or (match[3] and match[3] not in CALENDAR):
        return None
    unit = match[2] or match[3] or "1"
    return Quantity(Decimal(match[1]), CALENDAR.get(unit, unit))


def _converts(convert: Callable[..., Any]) -> Callable[..., bool]:
    return lambda *arguments: convert(*arguments) is not None


_CONVERSIONS: Final[Mapping[str, tuple[Callable[[Any], Any], Type]]] = {
    "Boolean": (to_boolean, BOOLEAN),
    "Integer": (to_integer, INTEGER),
    "Decimal": (to_decimal, DECIMAL),
    "String": (to_string, STRING),
    "Date": (to_date, DATE),
    "DateTime": (to_date_time, DATE_TIME),
    "Time": (to_time, TIME),
}
FUNCTIONS: Final[Mapping[str, Function]] = {
    **{
        f"to{name}": Single(to, ANYTHING, type=type_).function() for name, (to, type_) in _CONVERSIONS.items()
    },
    **{
        f"convertsTo{name}": Single(_converts(to), ANYTHING, type=BOOLEAN).function()
        for name, (to, _) in _CONVERSIONS.items()
    },
    "toQuantity": Single(to_quantity, ANYTHING, (TEXT,), optional=1, type=QUANTITY).function(),
    "convertsToQuantity": Single(
        _converts(to_quantity), ANYTHING, (TEXT,), optional=1, type=BOOLEAN
    ).function(),
}
