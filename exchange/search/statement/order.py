"""The order of a search's results.

A page begins after the sort values and the rid of the last row of the one before. What lacks a value comes
last in either direction; equals are in the order of their rid.

https://hl7.org/fhir/R4/search.html#sort
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Sequence
from typing import Any

from exchange.search.query.conditions import LeadingDate, Quantities, Tokens
from exchange.search.query.criterion import Criterion, Patients
from exchange.search.query.query import Query, SortKey
from exchange.search.statement.builder import Builder

_SIDES = {
    "date_index": ("lo", "hi", "bigint"),
    "number_index": ("lo", "hi", "float8"),
    "quantity_index": ("lo", "hi", "float8"),
    "string_index": ("value", "value", "text"),
    "identifier_index": ("value", "value", "text"),
}
_COLUMNS = {
    "ts": "bigint",
    "updated": "bigint",
    "id": "text",
    "rank": "bigint",
    "content": "text",
    "place": "bigint",
    "pair": "float8",
}

PLACE = SortKey("place", descending=False)
"""The order of a page that has been put in order already."""


def sort_of(query: Query) -> tuple[SortKey, ...]:
    """The sort asked for; else newest first where an index gives that order for nothing; else by rid."""
    if query.sort:
        return query.sort
    if query.allowed is None and (by_value := _pair_order(query.criteria)):
        return by_value
    led = any(
        isinstance(each, Patients | LeadingDate) or (isinstance(each, Tokens) and each.codes)
        for each in query.criteria
    )
    return (SortKey("ts", descending=True),) if led and query.has_leading_date else ()


def _pair_order(criteria: tuple[Criterion, ...]) -> tuple[SortKey, ...]:
    """By the value, if there is nothing but one leading code and values beside it."""
    values = [each for each in criteria if isinstance(each, Quantities)]
    pairs = {each.pair for each in values}
    codes = [each for each in criteria if isinstance(each, Tokens) and each.codes]
    if not values or len(codes) != 1 or len(values) + 1 != len(criteria) or len(pairs) != 1:
        return ()
    (pair,) = pairs
    return () if pair is None else (SortKey("pair", descending=False),)


def needs_content(sort: tuple[SortKey, ...]) -> bool:
    """Whether the resources themselves must be read to sort them."""
    return any(key.source == "content" for key in sort)


def cast(key: SortKey) -> str:
    """The PostgreSQL type of a key's values."""
    return _COLUMNS[key.source] if key.source in _COLUMNS else _SIDES[key.source][2]


def expression(b: Builder, key: SortKey) -> str:
    """The value of the row `i` to sort by; of several values the least, or the greatest when descending."""
    if key.source in ("ts", "updated"):
        return f"i.{key.source}"
    if key.source == "id":
        return "(SELECT r.id FROM resource r WHERE r.rid = i.rid)"
    if key.source == "content":
        return "NULL::text"  # filled in by `arranged`
    if key.source == "rank":
        best = "max" if key.descending else "min"
        ranked = b.argument(list(key.tokens), "bigint[]")
        return f"(SELECT {best}(array_position({ranked}, t))::bigint - 1 FROM unnest(i.tokens) t)"
    low, high, _ = _SIDES[key.source]
    value = f"max(x.{high})" if key.descending else f"min(x.{low})"
    negative = [-parameter for parameter in key.parameters]
    parameters = b.argument([*key.parameters, *negative], "smallint[]")
    return f"(SELECT {value} FROM {key.source} x WHERE x.rid = i.rid AND x.param = ANY({parameters}))"


def order_by(sort: tuple[SortKey, ...]) -> str:
    """ORDER BY the columns k0, k1 … and rid of a page."""
    keys = [f"k{n} {direction(key)} NULLS LAST" for n, key in enumerate(sort)]
    return ", ".join((*keys, f"rid {tie(sort)}"))


def direction(key: SortKey) -> str:
    return "DESC" if key.descending else "ASC"


def tie(sort: tuple[SortKey, ...]) -> str:
    """The direction of rid: that of the first key, so that a btree serves both."""
    return direction(sort[0]) if sort else "ASC"


def after(b: Builder, sort: tuple[SortKey, ...], values: Sequence[Any], rid: int) -> str:
    """The condition on k0, k1 … and rid that a row comes after these."""
    beyond = "<" if tie(sort) == "DESC" else ">"
    condition = f"rid {beyond} {b.argument(rid, 'bigint')}"
    for n, (key, value) in reversed(list(enumerate(zip(sort, values, strict=True)))):
        if value is None:
            condition = f"(k{n} IS NULL AND {condition})"
            continue
        placed = b.argument(value, cast(key))
        past = f"k{n} {'<' if key.descending else '>'} {placed}"
        condition = f"(({past} OR k{n} IS NULL) OR (k{n} = {placed} AND {condition}))"
    return condition
