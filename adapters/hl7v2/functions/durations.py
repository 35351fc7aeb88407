"""A time and a duration → the end of it; how often something is to be done.

https://hl7.org/fhir/R4/datatypes.html#Timing; Table 0335 (repeat pattern).
"""

import re
from datetime import datetime, timedelta
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.functions.quantities import number
from adapters.hl7v2.functions.times import normal_date_time
from adapters.hl7v2.functions.urls import THO, V2
from adapters.hl7v2.reading import Value

Json = dict[str, Any]
_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds", "秒"), 1),
    **dict.fromkeys(("", "m", "min", "mins", "minute", "minutes", "分", "分钟"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时"), 3600),
    **dict.fromkeys(("d", "day", "days", "天", "日"), 86400),
}
_LONGEST = 366 * 86400
_EVERY = re.compile(r"Q(\d{1,3})?([SMHDWL])", re.ASCII)
_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_DAILY = {"QD": 1, "BID": 2, "TID": 3, "QID": 4}
# Codes of v3-GTSAbbreviation; the others are of Table 0335.
_ABBREVIATIONS = frozenset(("BID", "TID", "QID", "QD", "QOD", "AM", "PM", "BED", "Q4H", "Q6H"))


def time_after(
    value: Value, context: Context, *, amount: Value | None = None, unit: Value | None = None
) -> str | None:
    """dateTime when a duration that begins at a time is over; a bare number counts minutes."""
    begin = normal_date_time(value.text(1), context.zone)
    many = number(amount.text(1)) if amount is not None else None
    if many is None or "T" not in begin:
        return None
    seconds = _SECONDS.get(unit.text(1).lower() if unit is not None else "")
    if unit is not None:
        unit.text(2), unit.text(3)
    if seconds is None or not 0 <= many * seconds <= _LONGEST:
        return None
    try:
        end = datetime.fromisoformat(begin) + timedelta(seconds=float(many * seconds))
    except (ValueError, OverflowError):
        return None
    return end.isoformat()


def instant_after(
    value: Value, context: Context, *, amount: Value | None = None, unit: Value | None = None
) -> str | None:
    """instant when a duration that begins at a time is over."""
    return time_after(value, context, amount=amount, unit=unit)


def repeat_timing(value: Value, context: Context) -> Json | None:
    """RPT or TQ-2 → Timing: the code, and what it says of frequency and period."""
    pattern = value.sub(1)
    code = pattern.text(1)
    if not code:
        return None
    word = code.upper()
    system = THO + "v3-GTSAbbreviation" if word in _ABBREVIATIONS else V2 + "0335"
    made: Json = {"code": {"coding": [{"system": system, "code": " ".join(code.split())}]}}
    if text := pattern.text(2):
        made["code"]["text"] = text
    if repeat := _repeat(word):
        made = {"repeat": repeat, **made}
    return made


def _repeat(word: str) -> Json:
    if times := _DAILY.get(word):
        return {"frequency": times, "period": 1, "periodUnit": "d"}
    if word == "QOD":
        return {"frequency": 1, "period": 2, "periodUnit": "d"}
    if found := _EVERY.fullmatch(word):
        return {"frequency": 1, "period": int(found[1] or 1) or 1, "periodUnit": _UNITS[found[2]]}
    return {}
