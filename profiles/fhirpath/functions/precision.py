"""The bounds of imprecise values, their precision and components.

https://build.fhir.org/ig/HL7/FHIRPath/#utility-functions (trial use)
"""

import calendar
import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from profiles.fhirpath import quantity
from profiles.fhirpath.functions.single import BOUNDED, NUMBER, TIMES, WHOLE, Single
from profiles.fhirpath.invocation import Function
from profiles.fhirpath.number import EXACT, MAX_DIGITS, Number, places, rounded
from profiles.fhirpath.quantity import Quantity
from profiles.fhirpath.temporal import DATE_DIGITS, TIME_DIGITS, Temporal
from profiles.fhirpath.types import BOOLEAN, DATE, INTEGER, TIME

_DECIMAL_DIGITS: Final = 8
_DEFAULT: Final[Mapping[str, int]] = {"Date": 8, "DateTime": 17, "Time": 9}
_LEAST: Final = (1, 1, 1, 0, 0, Decimal("0.000"))
_GREATEST: Final = (9999, 12, 31, 23, 59, Decimal("59.999"))
_EARLIEST_ZONE: Final = 14 * 60
_LATEST_ZONE: Final = -12 * 60


def low_boundary(value: Any, digits: int | None = None) -> Any:
    if type(value) is Temporal:
        return _temporal_boundary(value, digits, _LEAST, _EARLIEST_ZONE)
    return _boundary(value, digits, -1, decimal.ROUND_FLOOR)


def high_boundary(value: Any, digits: int | None = None) -> Any:
    if type(value) is Temporal:
        return _temporal_boundary(value, digits, _GREATEST, _LATEST_ZONE)
    return _boundary(value, digits, 1, decimal.ROUND_CEILING)


def precision(value: Any) -> int:
    return value.digits if type(value) is Temporal else places(value)


def _boundary(value: Any, digits: int | None, sign: int, rounding: str) -> Any:
    """Half of the last digit's unit away."""
    if type(value) is Quantity:
        bound = _boundary(value.value, digits, sign, rounding)
        return None if bound is None else Quantity(bound, value.unit)
    wanted = _DECIMAL_DIGITS if digits is None else digits
    if not 0 <= wanted <= MAX_DIGITS:
        return None
    half = Decimal(5 * sign).scaleb(-places(value) - 1)
    return rounded(EXACT.add(Decimal(value), half), wanted, rounding)


def _temporal_boundary(
    value: Temporal, digits: int | None, filling: tuple[int | Decimal, ...], zone: int
) -> Temporal | None:
    wanted = _DEFAULT[value.kind] if digits is None else digits
    steps = TIME_DIGITS if value.kind == "Time" else DATE_DIGITS[:3] if value.kind == "Date" else DATE_DIGITS
    finest = _DEFAULT[value.kind]
    if wanted not in steps and wanted != finest:
        return None
    count = len(steps) if wanted == finest else steps.index(wanted) + 1
    fill = filling[3:] if value.kind == "Time" else filling
    parts = (*value.parts, *fill[len(value.parts) :])[:count]
    if value.kind == "Time":
        return Temporal("Time", _with_milliseconds(parts, value, wanted == finest, fill[-1]))
    if count > 2 >= len(value.parts):
        parts = (
            *parts[:2],
            min(int(parts[2]), calendar.monthrange(int(parts[0]), int(parts[1]))[1]),
            *parts[3:],
        )
    parts = _with_milliseconds(parts, value, wanted == finest, fill[-1]) if count > 5 else parts
    known = value.zone if value.zone is not None else zone
    return Temporal(value.kind, parts, known if value.kind == "DateTime" and count > 3 else None)


def _with_milliseconds(
    parts: tuple[int | Decimal, ...], value: Temporal, finest: bool, fill: int | Decimal
) -> tuple[int | Decimal, ...]:
    """The second with the digits that are wanted: those it lacks are the filling's."""
    second = parts[-1]
    if not isinstance(second, Decimal):
        return parts
    whole = int(second)
    if not finest:
        return (*parts[:-1], Decimal(f"{whole:02}"))
    given = places(second) if len(value.parts) == len(parts) else 0
    text = f"{second:f}" if given else f"{whole}."
    return (*parts[:-1], Decimal(text + f"{fill:f}".partition(".")[2][given:]))


def _component(at: int) -> Callable[[Temporal], int | None]:
    """The component by its place in a DateTime."""

    def component(value: Temporal) -> int | None:
        place = at - 3 if value.kind == "Time" else at
        return int(value.parts[place]) if 0 <= place < len(value.parts) else None

    return component


def _millisecond(value: Temporal) -> int | None:
    second = value.parts[-1]
    return int(second % 1 * 1000) if isinstance(second, Decimal) and places(second) else None


def _time(value: Temporal) -> Temporal | None:
    return Temporal("Time", value.parts[3:]) if value.kind == "DateTime" and len(value.parts) > 3 else None


def _date(value: Temporal) -> Temporal | None:
    return Temporal("Date", value.parts[:3]) if value.kind != "Time" else None


def _zone(value: Temporal) -> Number | None:
    return None if value.zone is None else Decimal(value.zone) / 60


FUNCTIONS: Final[Mapping[str, Function]] = {
    "lowBoundary": Single(low_boundary, BOUNDED, (WHOLE,), optional=1).function(),
    "highBoundary": Single(high_boundary, BOUNDED, (WHOLE,), optional=1).function(),
    "precision": Single(precision, NUMBER | TIMES, type=INTEGER).function(),
    "comparable": Single(
        quantity.comparable, frozenset((Quantity,)), (frozenset((Quantity,)),), type=BOOLEAN
    ).function(),
    **{
        f"{name}Of": Single(_component(at), TIMES, type=INTEGER).function()
        for at, name in enumerate(("year", "month", "day", "hour", "minute", "second"))
    },
    "millisecondOf": Single(_millisecond, TIMES, type=INTEGER).function(),
    "timezoneOffsetOf": Single(_zone, TIMES).function(),
    "dateOf": Single(_date, TIMES, type=DATE).function(),
    "timeOf": Single(_time, TIMES, type=TIME).function(),
}
