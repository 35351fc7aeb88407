"""TS, IVL_TS, PIVL_TS → dateTime, Period and Timing, each as precise as it was sent.

https://hl7.org/fhir/R4/datatypes.html#Period
"""

import re
import unicodedata
from datetime import datetime
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.times import BIRTH_TIME, normal_date_time, normal_time, period
from adapters.mapping.functions import Choice, Primitive
from adapters.trees.coverage import is_filler
from adapters.trees.reading import Value

Json = dict[str, Any]
_SHORT_OFFSET = re.compile(r"(.*\d)([+-])(\d)(\d\d)$")


def moment_of(text: str, context: Context) -> str:
    """dateTime, or "" for what is none: fillers, month 13, the sentinels of systems."""
    said = unicodedata.normalize("NFKC", text).strip()
    if not said or is_filler(said) or said.startswith(("0000", "1900-01-01", "19000101", "9999")):
        return ""
    said = said.replace("年", "-").replace("月", "-").replace("日", " ").strip(" -")
    if found := _SHORT_OFFSET.fullmatch(said):
        said = f"{found[1]}{found[2]}0{found[3]}{found[4]}"
    return normal_date_time(said, context.zone)


def _point(value: Value | None, context: Context) -> str:
    if value is None:
        return ""
    for name in ("value", ""):
        if moment := moment_of(value.peek(name), context):
            value.get(name)
            return moment
    return ""


def date_time(value: Value, context: Context) -> str | None:
    """dateTime of a point, or of the beginning of an interval."""
    if value.attribute is not None:
        return moment_of(value.text(), context) or None
    parts = (value, value.child("low"), value.child("center"), value.child("any"), value.child("high"))
    return next((moment for part in parts if (moment := _point(part, context))), None)


def date(value: Value, context: Context) -> str | None:
    moment = date_time(value, context)
    return moment[:10] if moment else None


def instant(value: Value, context: Context) -> str | None:
    """instant: only of a time that says at least the hour."""
    moment = date_time(value, context)
    return moment if moment and "T" in moment else None


def birth_date(value: Value, context: Context) -> Any:
    """date, with the time of birth beside it; midnight is what senders fill in."""
    moment = date_time(value, context) or ""
    if "T" not in moment or "T00:00:00" in moment:
        return moment[:10] or None
    return Primitive(moment[:10], ({"url": BIRTH_TIME, "valueDateTime": moment},))


def span(value: Value, context: Context) -> Json | None:
    """IVL_TS → Period; a point is when it began."""
    low = _point(value.child("low"), context) or _attribute(value, "validTimeLow", context)
    high = _point(value.child("high"), context) or _attribute(value, "validTimeHigh", context)
    start = low or _point(value, context) or _point(value.child("any"), context)
    return None if _is_later(start, high) else period(start, high)


def _is_later(start: str, end: str) -> bool:
    """Whether what is told as an interval begins after its end: none then, as precisely as both are told."""
    if "T" in start and "T" in end:
        return datetime.fromisoformat(start) > datetime.fromisoformat(end)
    size = min(len(start), len(end), 10)
    return start[:size] > end[:size]


def _attribute(value: Value, name: str, context: Context) -> str:
    moment = moment_of(value.peek(name), context)
    return moment if moment and value.get(name) else ""


def span_choice(value: Value, context: Context) -> Choice | None:
    """`[x]`: a Period where it has an end, else a dateTime."""
    made = span(value, context)
    if made is None:
        return None
    return Choice("DateTime", made["start"]) if made.keys() == {"start"} else Choice("Period", made)


def moment_choice(value: Value, context: Context) -> Choice | None:
    moment = date_time(value, context)
    return Choice("DateTime", moment) if moment else None


def clock(value: Value, context: Context) -> str | None:
    return normal_time(value.text()) or None


def end_time(value: Value, context: Context) -> str | None:
    """dateTime of the end of an interval."""
    return _point(value.child("high"), context) or None


def start_choice(value: Value, context: Context) -> Choice | None:
    """`[x]` as dateTime: of the beginning."""
    low = _point(value.child("low"), context) or _point(value, context)
    return Choice("DateTime", low) if low else None
