"""Comparisons of ranges as SQL, by prefix.

https://hl7.org/fhir/R4/search.html#prefix
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exchange.search.builder import Builder
from exchange.search.dates import BEGINNING, FOREVER, SHORT
from exchange.search.query import Comparison

# {lo}, {hi}: the resource's range; {low}, {high}: the range of the value searched for. Ends are exclusive.
_DATES = {
    "eq": "({lo} >= {low} AND {hi} <= {high})",
    "ne": "({lo} < {low} OR {hi} > {high})",
    "gt": "{hi} > {high}",
    "lt": "{lo} < {low}",
    "ge": "({lo} >= {low} OR {hi} > {high})",
    "le": "({lo} < {low} OR {hi} <= {high})",
    "sa": "{lo} >= {high}",
    "eb": "{hi} <= {low}",
    "ap": "({lo} < {high} AND {hi} > {low})",
}

# The ends of a resource's range are inclusive here; the prefixes of order take the value as exact.
_NUMBERS = {
    "eq": "({lo} >= {low} AND {hi} < {high})",
    "ne": "({lo} < {low} OR {hi} >= {high})",
    "gt": "{hi} > {high}",
    "lt": "{lo} < {low}",
    "ge": "{hi} >= {low}",
    "le": "{lo} <= {high}",
    "sa": "{lo} > {high}",
    "eb": "{hi} < {low}",
    "ap": "({lo} <= {high} AND {hi} >= {low})",
}
# A value with more digits than a double has leaves no room around it.
_POINTS = {"eq": "({lo} = {low} AND {hi} = {high})", "ne": "({lo} <> {low} OR {hi} <> {high})"}


def any_date(b: Builder, lo: str, hi: str, comparisons: Iterable[Comparison]) -> str:
    """True if the date range fulfils one of the comparisons."""
    return "(" + " OR ".join(_date(b, lo, hi, comparison) for comparison in comparisons) + ")"


def _date(b: Builder, lo: str, hi: str, comparison: Comparison) -> str:
    ends = {"low": int(comparison.low), "high": int(comparison.high)}
    return _filled(b, _DATES[comparison.prefix], lo, hi, ends, "bigint")


def any_number(b: Builder, comparisons: Iterable[Comparison]) -> str:
    """True if the range of the row `x` fulfils one of the comparisons."""
    return "(" + " OR ".join(_number(b, comparison) for comparison in comparisons) + ")"


def _number(b: Builder, comparison: Comparison) -> str:
    ends = {"low": comparison.low, "high": comparison.high}
    is_point = comparison.low == comparison.high and comparison.prefix in _POINTS
    condition = (_POINTS if is_point else _NUMBERS)[comparison.prefix]
    return _filled(b, condition, "x.lo", "x.hi", ends, "float8")


def _filled(b: Builder, condition: str, lo: str, hi: str, ends: Mapping[str, float], cast: str) -> str:
    used = {name: b.argument(end, cast) for name, end in ends.items() if f"{{{name}}}" in condition}
    return condition.format(lo=lo, hi=hi, **used)


@dataclass(frozen=True, slots=True)
class Hull:
    """The bounds, inclusive, on the start of a range that fulfils a comparison; None for no bound.

    `long`: a range longer than SHORT may fulfil it from below `low`.
    """

    low: int | None
    high: int | None
    long: bool = False


def hull(comparisons: Iterable[Comparison]) -> Hull:
    """The bounds that all alternatives stay within."""
    hulls = [_hull(comparison) for comparison in comparisons]
    lows, highs = [each.low for each in hulls], [each.high for each in hulls]
    return Hull(
        None if None in lows else min(low for low in lows if low is not None),
        None if None in highs else max(high for high in highs if high is not None),
        any(each.long for each in hulls),
    )


def both(one: Hull, other: Hull) -> Hull:
    """The bounds that fulfilling both stays within."""
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    return Hull(max(lows, default=None), min(highs, default=None), one.long or other.long)


def _hull(comparison: Comparison) -> Hull:
    low, high = int(comparison.low), int(comparison.high)
    before = max(high - SHORT, BEGINNING)
    match comparison.prefix:
        case "eq":
            return Hull(low, high)
        case "gt":
            return Hull(before, None, long=True)
        case "ge":
            return Hull(min(low, before), None, long=True)
        case "ap":
            return Hull(max(low - SHORT, BEGINNING), min(high, FOREVER), long=True)
        case "sa":
            return Hull(high, None)
        case "lt" | "eb":
            return Hull(None, low)
        case "le":
            return Hull(None, high)
        case _:
            return Hull(None, None)
