"""Comparisons of ranges as SQL, by prefix.

https://hl7.org/fhir/R4/search.html#prefix
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exchange.search.query.conditions import Comparison
from exchange.search.statement.builder import Builder
from exchange.search.value.dates import BEGINNING, FOREVER, SHORT

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

# A number is a point unless it stands under the negative id of its parameter. The prefixes of order take the
# value searched for as exact; the upper end of an implicit range is exclusive.
_POINTS = {
    "eq": "({lo} >= {low} AND {lo} < {high})",
    "ne": "({lo} < {low} OR {lo} >= {high})",
    "gt": "{lo} > {high}",
    "lt": "{lo} < {low}",
    "ge": "{lo} >= {low}",
    "le": "{lo} <= {high}",
    "sa": "{lo} > {high}",
    "eb": "{lo} < {low}",
    "ap": "({lo} >= {low} AND {lo} <= {high})",
}
_WIDE = {
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
_EXACT = {"eq": "({lo} = {low} AND {hi} = {high})", "ne": "({lo} <> {low} OR {hi} <> {high})"}


def any_date(b: Builder, lo: str, hi: str, comparisons: Iterable[Comparison]) -> str:
    """True if the date range fulfils one of the comparisons."""
    return "(" + " OR ".join(_date(b, lo, hi, comparison) for comparison in comparisons) + ")"


def _date(b: Builder, lo: str, hi: str, comparison: Comparison) -> str:
    ends = {"low": int(comparison.low), "high": int(comparison.high)}
    return _filled(b, _DATES[comparison.prefix], lo, hi, ends, "bigint")


def date_as_number(b: Builder, comparison: Comparison) -> str:
    """True if the date range of the row `x`, kept as float8, fulfils the comparison."""
    ends = {"low": comparison.low, "high": comparison.high}
    return _filled(b, _DATES[comparison.prefix], "x.lo", "x.hi", ends, "float8")


def number(b: Builder, comparison: Comparison, *, wide: bool, lo: str = "x.lo") -> str:
    """True if the row `x` fulfils the comparison; `lo` is where its value stands."""
    ends = {"low": comparison.low, "high": comparison.high}
    conditions = _WIDE if wide else _POINTS
    if comparison.low == comparison.high:
        conditions = conditions | _EXACT
    return _filled(b, conditions[comparison.prefix], lo, "x.hi", ends, "float8")


def _filled(b: Builder, condition: str, lo: str, hi: str, ends: Mapping[str, float], cast: str) -> str:
    used = {name: b.argument(end, cast) for name, end in ends.items() if f"{{{name}}}" in condition}
    return condition.format(lo=lo, hi=hi, **used)


@dataclass(frozen=True, slots=True)
class Hull:
    """The bounds, inclusive, on the start of a range that fulfils a comparison; None for no bound.

    `long`: a longer range may fulfil it from below `low`.
    """

    low: int | None
    high: int | None
    long: bool = False


def hull(comparisons: Iterable[Comparison], short: int = SHORT) -> Hull:
    """The bounds that the start of a range, `short` at most, stays within under one of the alternatives."""
    hulls = [_hull(comparison, short) for comparison in comparisons]
    lows, highs = [each.low for each in hulls], [each.high for each in hulls]
    return Hull(
        None if None in lows else min(low for low in lows if low is not None),
        None if None in highs else max(high for high in highs if high is not None),
        any(each.long for each in hulls),
    )


def within(b: Builder, hull: Hull, column: str) -> list[str]:
    """The conditions that the column stays within the hull."""
    bounds = []
    if hull.low is not None:
        bounds.append(f"{column} >= {b.argument(hull.low, 'bigint')}")
    if hull.high is not None:
        bounds.append(f"{column} <= {b.argument(hull.high, 'bigint')}")
    return bounds


def both(one: Hull, other: Hull) -> Hull:
    """The bounds that fulfilling both stays within."""
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    return Hull(max(lows, default=None), min(highs, default=None), one.long or other.long)


def _hull(comparison: Comparison, short: int) -> Hull:
    low, high = int(comparison.low), int(comparison.high)
    before = max(high - short, BEGINNING)
    match comparison.prefix:
        case "eq":
            return Hull(low, high)
        case "gt":
            return Hull(before, None, long=True)
        case "ge":
            return Hull(min(low, before), None, long=True)
        case "ap":
            return Hull(max(low - short, BEGINNING), min(high, FOREVER), long=True)
        case "sa":
            return Hull(high, None)
        case "lt" | "eb":
            return Hull(None, low)
        case "le":
            return Hull(None, high)
        case _:
            return Hull(None, None)
