"""DT, TM, TS, DTM and DR: dates and times, each as precise as it was sent.

https://hl7.org/fhir/R4/datatypes.html#dateTime. A time without an offset is the hospital's own. Some vendors
send ISO 8601 or slashes; both are read. What is no date (`00000000`, month 13) is nothing.
"""

import re
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.urls import STRUCTURE
from adapters.hl7v2.reading import Value
from adapters.mapping.functions import Choice, Primitive

_V2 = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:\s?(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,9})\d*)?)?)?)?)?)?\s?([+-]\d{4}|Z)?",
    re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?)?)?"
    r"\s?([+-]\d\d:?\d\d|Z)?",
    re.ASCII,
)
_TIME = re.compile(r"(\d\d):?(\d\d)?(?::?(\d\d)(?:\.(\d{1,9}))?)?(?:[+-]\d{4})?", re.ASCII)
BIRTH_TIME = STRUCTURE + "patient-birthTime"


@lru_cache(maxsize=8192)
def normal_date_time(text: str, zone: tzinfo) -> str:
    """FHIR's dateTime for a v2 time; "" if it is none."""
    found = _V2.fullmatch(text) or _ISO.fullmatch(text)
    if not found:
        return ""
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        moment = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
        )
    except ValueError:
        return ""
    if not day:
        return f"{year}-{int(month):02}" if month else year
    date = f"{year}-{int(month):02}-{int(day):02}"
    if not hour:
        return date
    clock = f"{int(hour):02}:{minute or '00'}:{second or '00'}" + (f".{fraction}" if fraction else "")
    return f"{date}T{clock}{_offset(offset, moment, zone)}"


def _offset(sent: str | None, moment: datetime, zone: tzinfo) -> str:
    """The sent offset, if there can be such a one; else the hospital's at that moment."""
    if sent == "Z":
        return "Z"
    if sent:
        hours, minutes = int(sent[1:3]), int(sent[-2:])
        if hours * 60 + minutes <= 14 * 60 and minutes < 60:
            return f"{sent[0]}{hours:02}:{minutes:02}"
    shift = zone.utcoffset(moment)
    total = round(shift.total_seconds() / 60) if shift else 0
    return f"{'-' if total < 0 else '+'}{abs(total) // 60:02}:{abs(total) % 60:02}"


def date_time(value: Value, context: Context) -> str | None:
    """dateTime."""
    return normal_date_time(value.text(1), context.zone) or None


def date(value: Value, context: Context) -> str | None:
    """date: the day of a time, as the sender's clock had it."""
    return normal_date_time(value.text(1), context.zone)[:10] or None


def instant(value: Value, context: Context) -> str | None:
    """instant: only of a time that says at least the hour; a bare date is no instant."""
    moment = normal_date_time(value.text(1), context.zone)
    return moment if "T" in moment else None


def birth_date(value: Value, context: Context, *, url: str = BIRTH_TIME) -> str | Primitive | None:
    """date, with the time of birth beside it. Midnight is what senders fill in who know no time."""
    moment = normal_date_time(value.text(1), context.zone)
    if "T" not in moment or "T00:00:00" in moment:
        return moment[:10] or None
    return Primitive(moment[:10], ({"url": url, "valueDateTime": moment},))


def time(value: Value, context: Context) -> str | None:
    """time; the offset of a TM has no place in FHIR's."""
    return normal_time(value.text(1)) or None


def normal_time(text: str) -> str:
    found = _TIME.fullmatch(text)
    if not found:
        return ""
    hour, minute, second, fraction = found.groups()
    if int(hour) > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return ""
    return f"{hour}:{minute or '00'}:{second or '00'}" + (f".{fraction}" if fraction else "")


def date_time_choice(value: Value, context: Context) -> Choice | None:
    """`[x]` as dateTime."""
    moment = normal_date_time(value.text(1), context.zone)
    return Choice("DateTime", moment) if moment else None


def span_choice(value: Value, context: Context, *, end: Value | None = None) -> Choice | None:
    """`[x]` as dateTime, or as Period if `end` says when it ended."""
    start = normal_date_time(value.text(1), context.zone)
    stop = normal_date_time(end.text(1), context.zone) if end is not None else ""
    if stop:
        return Choice("Period", {"start": start, "end": stop} if start else {"end": stop})
    return Choice("DateTime", start) if start else None


def dr_period(value: Value, context: Context) -> dict[str, Any] | None:
    """DR → Period."""
    start, end = (normal_date_time(value.text(part), context.zone) for part in (1, 2))
    return period(start, end)


def dr_choice(value: Value, context: Context) -> Choice | None:
    """DR → `[x]`: a Period, or a dateTime if only the start is there."""
    start, end = (normal_date_time(value.text(part), context.zone) for part in (1, 2))
    if end:
        return Choice("Period", period(start, end))
    return Choice("DateTime", start) if start else None


def period(start: str, end: str) -> dict[str, Any] | None:
    made = {key: moment for key, moment in (("start", start), ("end", end)) if moment}
    return made or None


def period_of(value: Value, context: Context, start: int, end: int, span: int = 0) -> dict[str, Any] | None:
    """The period in two components, else in the DR of another."""
    made = period(
        normal_date_time(value.text(start), context.zone), normal_date_time(value.text(end), context.zone)
    )
    if made is None and span and value.has(span):
        return dr_period(value.sub(span), context)
    return made
