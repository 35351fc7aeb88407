"""Adding durations to dates and times, in the calendar. http://hl7.org/fhirpath/N1/#datetime-arithmetic"""

import calendar
import datetime
from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal
from typing import Final

from profiles.fhirpath.error import failure
from profiles.fhirpath.temporal import Temporal

_FINEST: Final = ("year", "month", "day", "hour", "minute", "second")
_MICROSECONDS: Final[Mapping[str, int]] = {
    "day": 86_400_000_000,
    "hour": 3_600_000_000,
    "minute": 60_000_000,
    "second": 1_000_000,
    "millisecond": 1_000,
}
# A duration finer than the date it is added to: years of 365 days, months of 30.
_DAYS: Final[Mapping[str, int]] = {"year": 365, "month": 30}
_OF_DAY: Final = frozenset(("hour", "minute", "second", "millisecond"))
_MAX_AMOUNT: Final = 10**15


def add(moment: Temporal, amount: Decimal, unit: str) -> Temporal:
    """`unit` is a calendar word in the singular. Raises FhirPathError: a unit that the kind does not have, or
    a result outside the calendar."""
    if (moment.kind == "Date" and unit in _OF_DAY) or (moment.kind == "Time" and unit not in _OF_DAY):
        raise failure(f"A {moment.kind} has no {unit}s to add to")
    if abs(amount) > _MAX_AMOUNT:
        raise failure("The duration leads out of the calendar")
    if unit == "week":
        amount, unit = amount.to_integral_value(ROUND_DOWN) * 7, "day"
    if unit not in ("second", "millisecond"):
        amount = amount.to_integral_value(ROUND_DOWN)
    finest = _FINEST[len(moment.parts) - 1] if moment.kind != "Time" else _FINEST[len(moment.parts) + 2]
    if unit != "millisecond" and _FINEST.index(unit) > _FINEST.index(finest):
        amount, unit = _coarser(amount, unit, finest), finest
    elif unit == "millisecond":
        amount, unit = (
            (amount / 1000, "second") if finest == "second" else (_coarser(amount, unit, finest), finest)
        )
    try:
        return _sum(moment, amount, unit)
    except (ValueError, OverflowError):
        raise failure("The duration leads out of the calendar") from None


def _coarser(amount: Decimal, unit: str, finest: str) -> Decimal:
    """The whole number of the coarser unit that the amount makes."""
    if finest == "year" and unit == "month":
        return (amount / 12).to_integral_value(ROUND_DOWN)
    microseconds = amount * _MICROSECONDS[unit]
    one = _DAYS[finest] * _MICROSECONDS["day"] if finest in _DAYS else _MICROSECONDS[finest]
    return (microseconds / one).to_integral_value(ROUND_DOWN)


def _sum(moment: Temporal, amount: Decimal, unit: str) -> Temporal:
    if moment.kind == "Time":
        return Temporal("Time", _clock((0, *moment.parts), amount, unit)[1][: len(moment.parts)])
    if unit in ("year", "month"):
        return Temporal(
            moment.kind, _months(moment.parts, int(amount) * (12 if unit == "year" else 1)), moment.zone
        )
    year, month, day, *clock = moment.parts
    start = datetime.date(int(year), int(month), int(day)).toordinal()
    if unit == "day":
        ordinal, rest = start + int(amount), tuple(clock)
    else:
        days, parts = _clock((0, *clock), amount, unit)
        ordinal, rest = start + days, parts[: len(clock)]
    date = datetime.date.fromordinal(ordinal)
    return Temporal(moment.kind, (date.year, date.month, date.day, *rest), moment.zone)


def _months(parts: tuple[int | Decimal, ...], months: int) -> tuple[int | Decimal, ...]:
    """The day of the month stays, or becomes the month's last."""
    years, month = divmod(int(parts[1]) - 1 + months if len(parts) > 1 else months, 12)
    year = int(parts[0]) + years
    if not 1 <= year <= 9999:
        raise ValueError
    if len(parts) == 1:
        return (year,)
    day = (min(int(parts[2]), calendar.monthrange(year, month + 1)[1]),) if len(parts) > 2 else ()
    return (year, month + 1, *day, *parts[3:])


def _clock(
    parts: tuple[int | Decimal, ...], amount: Decimal, unit: str
) -> tuple[int, tuple[int | Decimal, ...]]:
    """Days that pass, and the time of day then. `parts` are a zero and the components from the hour on."""
    _, hour, minute, second, *_ = (*parts, 0, 0)
    added = {unit: amount}
    seconds = Decimal(second) + added.get("second", Decimal(0))
    carried = (seconds / 60).to_integral_value(ROUND_FLOOR)
    minutes = int(minute) + int(added.get("minute", 0)) + int(carried)
    hours = int(hour) + int(added.get("hour", 0)) + minutes // 60
    return hours // 24, (hours % 24, minutes % 60, seconds - carried * 60)
