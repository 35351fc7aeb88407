"""Dates of any precision as ranges of microseconds since 1970-01-01T00:00Z, upper end exclusive.

A value without a time zone (`2024`, `2024-05-01`) covers that year, month or day in the hub's own zone: the
specification gives it 'the server's local timezone'. What has no end runs to `FOREVER`.

https://hl7.org/fhir/R4/search.html#date
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000
SHORT = 25 * 3_600_000_000
"""What an instant or a day (of a change of the clock, too) may span; a longer date is marked in the index."""
BEGINNING = -(2**63)
FOREVER = 2**63 - 1

Range = tuple[int, int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def date_range(text: str, zone: tzinfo) -> Range:
    """The range a date, dateTime or instant covers. Raises ValueError if it is none."""
    size = len(text)
    if (size == 25 or size == 20) and text[19] != "." and text[17] != "6":  # as most are
        since = datetime.fromisoformat(text) - _EPOCH
        second = (since.days * 86_400 + since.seconds) * 1_000_000
        return second, second + 1_000_000
    if size > 10:
        return _moment(text, zone)
    if size == 10:
        start = datetime.fromisoformat(text).replace(tzinfo=zone)
        return microseconds(start), _next_day(start)
    year = int(text[:4])
    if size == 7:
        month = int(text[5:])
        return _midnight(year, month, zone), _midnight(year + month // 12, month % 12 + 1, zone)
    if size == 4:
        return _midnight(year, 1, zone), _midnight(year + 1, 1, zone)
    raise ValueError(text)


def _moment(text: str, zone: tzinfo) -> Range:
    if text[16:19] == ":60":  # a leap second
        start, end = _moment(f"{text[:17]}59{text[19:]}", zone)
        return start + 1_000_000, end + 1_000_000
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    start = microseconds(moment)
    if text[16:17] != ":":
        return start, start + 60_000_000
    if text[19:20] != ".":
        return start, start + 1_000_000
    digits = len(text) - 20 - len(text[20:].lstrip("0123456789"))
    return start, start + max(1, 1_000_000 // 10**digits)


def _next_day(start: datetime) -> int:
    try:
        return microseconds(start + timedelta(days=1))
    except OverflowError:
        return microseconds(start) + DAY


def _midnight(year: int, month: int, zone: tzinfo) -> int:
    if year > 9999:
        return microseconds(datetime(9999, 12, 31, tzinfo=zone)) + DAY
    return microseconds(datetime(year, month, 1, tzinfo=zone))


def period_range(period: Mapping[str, Any], zone: tzinfo) -> Range | None:
    """The range of a Period; an end that is missing is open. None if it has neither end."""
    start, end = period.get("start"), period.get("end")
    if start is None and end is None:
        return None
    low = BEGINNING if start is None else date_range(start, zone)[0]
    return low, max(low, FOREVER if end is None else date_range(end, zone)[1])


def timing_range(timing: Mapping[str, Any], zone: tzinfo) -> Range | None:
    """The outer limits of a Timing: from its first event to its last, and its bounds."""
    ranges = list(_timing_ranges(timing, zone))
    return (min(low for low, _ in ranges), max(high for _, high in ranges)) if ranges else None


def _timing_ranges(timing: Mapping[str, Any], zone: tzinfo) -> Iterator[Range]:
    for event in timing.get("event", ()):
        if event is not None:
            yield date_range(event, zone)
    bounds = period_range(timing.get("repeat", {}).get("boundsPeriod", {}), zone)
    if bounds is not None:
        yield bounds
