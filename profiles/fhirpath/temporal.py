"""Date, DateTime and Time with the precision they were given, and how they compare.

http://hl7.org/fhirpath/N1/#datetime-equality
"""

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

Kind = Literal["Date", "DateTime", "Time"]

# Digits of precision() by the number of components: YYYY, YYYYMM, … YYYYMMDDhhmmss; with milliseconds, more.
DATE_DIGITS: Final = (4, 6, 8, 10, 12, 14)
TIME_DIGITS: Final = (2, 4, 6)
_CACHED: Final = 4096
_MINUTES_AHEAD: Final = 14 * 60  # of UTC, where the day begins first
_MINUTES_BEHIND: Final = 12 * 60

_ZONE = r"(?P<zone>Z|[+-]\d\d:\d\d)?"
_CLOCK = r"(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d{1,20})?))?)?"
_DAY = r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?"
_DATE_TIME: Final = re.compile(rf"{_DAY}(?P<t>T(?:{_CLOCK}{_ZONE})?)?", re.ASCII)
_TIME: Final = re.compile(_CLOCK, re.ASCII)


@dataclass(frozen=True, slots=True)
class Temporal:
    """`parts` are the components given: of a Date or DateTime from the year on, of a Time from the hour on.

    The second is a Decimal with its digits; `zone` is the offset from UTC in minutes.
    """

    kind: Kind
    parts: tuple[int | Decimal, ...]
    zone: int | None = None

    def __str__(self) -> str:
        if self.kind == "Time":
            return _clock(self.parts)
        day = "-".join((f"{self.parts[0]:04}", *(f"{part:02}" for part in self.parts[1:3])))
        if len(self.parts) == 3 or self.kind == "Date":
            return day
        return f"{day}T{_clock(self.parts[3:])}{_zone(self.zone)}" if len(self.parts) > 3 else day

    @property
    def digits(self) -> int:
        """What precision() says: 17 for a DateTime with milliseconds, 9 for a Time."""
        last = self.parts[-1]
        more = 3 if isinstance(last, Decimal) and last.as_tuple().exponent != 0 else 0
        return (TIME_DIGITS if self.kind == "Time" else DATE_DIGITS)[len(self.parts) - 1] + more


@lru_cache(_CACHED)
def date(text: str) -> Temporal | None:
    """YYYY, YYYY-MM or YYYY-MM-DD; None if it is none of these or not in the calendar."""
    match = _DATE_TIME.fullmatch(text)
    if match is None or match["t"]:
        return None
    parts = _day_parts(match)
    return Temporal("Date", parts) if parts else None


@lru_cache(_CACHED)
def date_time(text: str) -> Temporal | None:
    """As a date, or with `T`, any part of the time, and an offset."""
    match = _DATE_TIME.fullmatch(text)
    day = match and _day_parts(match)
    if not match or not day:
        return None
    if not match["hour"]:
        return Temporal("DateTime", day)
    clock = _clock_parts(match)
    if not clock or len(day) < 3:
        return None
    zone = match["zone"]
    return Temporal("DateTime", (*day, *clock), _minutes(zone) if zone else None)


@lru_cache(_CACHED)
def time(text: str) -> Temporal | None:
    """hh, hh:mm, hh:mm:ss or hh:mm:ss.fff"""
    match = _TIME.fullmatch(text)
    parts = _clock_parts(match) if match else None
    return Temporal("Time", parts) if parts else None


def from_datetime(instant: datetime.datetime) -> Temporal:
    """The DateTime with milliseconds and the offset that `instant` has."""
    second = Decimal(f"{instant.second}.{instant.microsecond // 1000:03}")
    offset = instant.utcoffset()
    zone = int(offset.total_seconds()) // 60 if offset is not None else None
    day = (instant.year, instant.month, instant.day)
    return Temporal("DateTime", (*day, instant.hour, instant.minute, second), zone)


def compare(left: Temporal, right: Temporal) -> int | None:
    """-1, 0 or 1; None if the precision, or an offset that only one has, leaves it open.

    Both are Times, or none is. A date and a DateTime are compared in the DateTime's own calendar day.
    """
    lefts, rights = left.parts, right.parts
    if left.zone != right.zone and len(lefts) > 3 and len(rights) > 3:
        if left.zone is None or right.zone is None:
            return _order_without_zone(left, right)
        lefts, rights = _utc(left), _utc(right)
    for one, other in zip(lefts, rights, strict=False):
        if one != other:
            return -1 if one < other else 1
    return 0 if len(lefts) == len(rights) else None


def utc_key(value: Temporal) -> tuple[object, ...]:
    """Equal for values that `compare` finds equal."""
    kind = "Time" if value.kind == "Time" else "Date"
    if value.zone is None or len(value.parts) < 4:
        return kind, value.parts
    return kind, _utc(value), "Z"


def _order_without_zone(left: Temporal, right: Temporal) -> int | None:
    """Where one has no offset: the order that holds whatever offset it has."""
    bare, zoned = (left, right) if left.zone is None else (right, left)
    apart = _ordinal(bare.parts) - (_ordinal(zoned.parts) - (zoned.zone or 0))
    if -_MINUTES_BEHIND <= apart <= _MINUTES_AHEAD:
        return None
    return 1 if (apart > 0) is (bare is left) else -1


def _ordinal(parts: tuple[int | Decimal, ...]) -> int:
    """Minutes since the calendar's beginning."""
    year, month, day, hour, minute, *_ = (*map(int, parts), 0)
    return (datetime.date(year, month, day).toordinal() * 24 + hour) * 60 + minute


def _utc(value: Temporal) -> tuple[int | Decimal, ...]:
    """Components of the same instant in UTC; the day as an ordinal, so that no year is out of range."""
    minutes = _ordinal(value.parts) - (value.zone or 0)
    clock = (minutes // 1440, minutes // 60 % 24, minutes % 60)
    return (*clock[: len(value.parts) - 2], *value.parts[5:])


def _day_parts(match: re.Match[str]) -> tuple[int, ...] | None:
    year, month, day = int(match["year"]), match["month"], match["day"]
    try:
        datetime.date(year, int(month or 1), int(day or 1))
    except ValueError:
        return None
    return tuple(int(part) for part in (year, month, day) if part is not None)


def _clock_parts(match: re.Match[str]) -> tuple[int | Decimal, ...] | None:
    hour, minute, second = int(match["hour"]), match["minute"], match["second"]
    if hour > 23 or int(minute or 0) > 59 or Decimal(second or 0) >= 61:
        return None
    if second is not None:
        return hour, int(minute), Decimal(second)
    return (hour,) if minute is None else (hour, int(minute))


def _minutes(zone: str) -> int:
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return -minutes if zone[0] == "-" else minutes


def _clock(parts: tuple[int | Decimal, ...]) -> str:
    return ":".join(_two(part) for part in parts)


def _two(part: int | Decimal) -> str:
    """Two digits before the point."""
    text = f"{part:f}" if isinstance(part, Decimal) else str(part)
    return f"0{text}" if len(text.partition(".")[0]) < 2 else text


def _zone(zone: int | None) -> str:
    if zone is None:
        return ""
    if zone == 0:
        return "Z"
    return f"{'-' if zone < 0 else '+'}{abs(zone) // 60:02}:{abs(zone) % 60:02}"
