"""The order of a search's results, and the cursor that says where a page ended.

Pages are cut by key, never by offset: a page begins after the sort values and the rid of the last row of the
one before, so that it neither repeats nor skips what was there when others write in between. What lacks a
value comes last in either direction; equals are in the order of their rid.

https://hl7.org/fhir/R4/search.html#sort
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

import base64
import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any

from exchange.search.builder import Builder
from exchange.search.query import LeadingDate, Patients, Query, SortKey, Tokens
from exchange.search.values import refused

_SIDES = {
    "date_index": ("lo", "hi", "bigint"),
    "number_index": ("lo", "hi", "float8"),
    "quantity_index": ("lo", "hi", "float8"),
    "string_index": ("value", "value", "text"),
    "identifier_index": ("value", "value", "text"),
}
_COLUMNS = {"ts": "bigint", "updated": "bigint", "id": "text"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the last page ended: the sort values of its last row, and its rid."""

    values: tuple[Any, ...]
    rid: int


def sort_of(query: Query) -> tuple[SortKey, ...]:
    """The sort asked for; else newest first where an index gives that order for nothing; else by rid."""
    if query.sort:
        return query.sort
    led = any(
        isinstance(each, Patients | LeadingDate) or (isinstance(each, Tokens) and each.codes)
        for each in query.criteria
    )
    return (SortKey("ts", descending=True),) if led and query.has_leading_date else ()


def cast(key: SortKey) -> str:
    """The PostgreSQL type of a key's values."""
    return _COLUMNS[key.source] if key.source in _COLUMNS else _SIDES[key.source][2]


def expression(b: Builder, key: SortKey) -> str:
    """The value of the row `i` to sort by; of several values the least, or the greatest when descending."""
    if key.source in ("ts", "updated"):
        return f"i.{key.source}"
    if key.source == "id":
        return "(SELECT r.id FROM resource r WHERE r.rid = i.rid)"
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


def after(b: Builder, sort: tuple[SortKey, ...], cursor: Cursor | None) -> str:
    """The condition on k0, k1 … and rid that a row comes after the cursor."""
    if cursor is None:
        return "true"
    beyond = "<" if tie(sort) == "DESC" else ">"
    condition = f"rid {beyond} {b.argument(cursor.rid, 'bigint')}"
    for n, (key, value) in reversed(list(enumerate(zip(sort, cursor.values, strict=True)))):
        if value is None:
            condition = f"(k{n} IS NULL AND {condition})"
            continue
        placed = b.argument(value, cast(key))
        past = f"k{n} {'<' if key.descending else '>'} {placed}"
        condition = f"(({past} OR k{n} IS NULL) OR (k{n} = {placed} AND {condition}))"
    return condition


def written(query: Query, cursor: Cursor) -> str:
    """The cursor as an opaque text for a URL."""
    content = [_signature(query), cursor.rid, *cursor.values]
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")


def read(query: Query) -> Cursor | None:
    """The query's cursor. Raises SearchError if it is not one of ours for this type and order."""
    if query.cursor is None:
        return None
    sort = sort_of(query)
    try:
        padded = query.cursor.encode("ascii") + b"=" * (-len(query.cursor) % 4)
        content = json.loads(base64.urlsafe_b64decode(padded))
        signature, rid, *values = content
        good = signature == _signature(query) and _is_bigint(rid) and len(values) == len(sort)
        good = good and all(_fits(key, value) for key, value in zip(sort, values, strict=True))
    except (ValueError, TypeError, RecursionError):
        good = False
    if not good:
        raise refused("_cursor", "This page link is not of this search.")
    return Cursor(tuple(values), rid)


def _signature(query: Query) -> str:
    """A cursor is good for the order that it was made for only."""
    of = repr((query.resource_type, sort_of(query)))
    return hashlib.blake2b(of.encode(), digest_size=6).hexdigest()


def _is_bigint(value: object) -> bool:
    return type(value) is int and -(2**63) <= value < 2**63


def _fits(key: SortKey, value: object) -> bool:
    match value:
        case None:
            return key.source not in ("id", "updated")
        case str():
            return cast(key) == "text" and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)
        case float():
            return cast(key) == "float8" and not math.isnan(value)
        case _:
            return _is_bigint(value) and cast(key) in ("bigint", "float8")
