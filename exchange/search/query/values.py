"""Search values as written in a URL: alternatives, escapes, prefixes.

https://hl7.org/fhir/R4/search.html#escaping
"""

import re
from datetime import datetime, tzinfo
from decimal import Decimal

from exchange.search.query.conditions import Comparison
from exchange.search.query.query import SearchError
from exchange.search.value import dates
from exchange.search.value.numbers import implicit_range
from terminology.issue import Issue

MAX_ALTERNATIVES = 1000

_ESCAPED = re.compile(r"\\([\\,|$])")
_PREFIXED = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)\Z", re.DOTALL)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?)?)?\Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?\Z", re.ASCII)


def refused(name: str, diagnostics: str, code: str = "invalid") -> SearchError:
    """The error about a parameter."""
    return SearchError(Issue("error", code, diagnostics, name))


def alternatives(name: str, value: str) -> tuple[str, ...]:
    """The values between unescaped commas, still escaped; each must say something."""
    found = split(value, ",")
    if len(found) > MAX_ALTERNATIVES:
        raise refused(name, f"{name} has more than {MAX_ALTERNATIVES} alternatives.", "too-costly")
    if not all(found):
        raise refused(name, f"{name} has an empty value.")
    return found


def split(value: str, separator: str) -> tuple[str, ...]:
    """The parts between unescaped separators, still escaped."""
    if "\\" not in value:
        return tuple(value.split(separator))
    parts, part, escaped = [], "", False
    for character in value:
        if character == separator and not escaped:
            parts.append(part)
            part = ""
            continue
        escaped = character == "\\" and not escaped
        part += character
    return (*parts, part)


def unescaped(value: str) -> str:
    """The value with its escapes resolved."""
    return _ESCAPED.sub(r"\1", value) if "\\" in value else value


def date_comparison(name: str, value: str, zone: tzinfo, now: datetime) -> Comparison:
    """A date with its prefix; `ap` widens it by a tenth of its distance from now."""
    prefix, text = _prefixed(value)
    text = text.replace(" ", "+")  # a plus sign that was not encoded in the URL
    if not _DATE.match(text):
        raise refused(name, f"{name} needs a date such as 2024, 2024-05-01 or 2024-05-01T10:00:00Z.")
    try:
        low, high = dates.date_range(text, zone)
    except ValueError:
        raise refused(name, f"{name} names a date that does not exist.") from None
    if prefix == "ap":
        slack = abs(dates.microseconds(now) - low) // 10
        low, high = max(low - slack, dates.BEGINNING), min(high + slack, dates.FOREVER)
    return Comparison(prefix, low, high)


def number_comparison(name: str, value: str) -> Comparison:
    """A number with its prefix, as the range that its precision leaves open.

    The prefixes of order take the number as exact; `ap` takes a tenth on each side.
    """
    prefix, text = _prefixed(value)
    if not _NUMBER.match(text):
        raise refused(name, f"{name} needs a number.")
    number = Decimal(text)
    if prefix in ("eq", "ne"):
        return Comparison(prefix, *implicit_range(number))
    slack = abs(number) / 10 if prefix == "ap" else Decimal(0)
    return Comparison(prefix, float(number - slack), float(number + slack))


def _prefixed(value: str) -> tuple[str, str]:
    found = _PREFIXED.match(value)
    return (found[1] or "eq", found[2]) if found else ("eq", value)
