"""A page in an order that no index knows: all matches are read, up to a bound, and sorted here.

https://hl7.org/fhir/R4/search.html#sort
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg

from exchange.fhirjson import loads
from exchange.search.page import content
from exchange.search.page.cursor import Cursor
from exchange.search.query.query import Query, SortKey
from exchange.search.query.values import refused
from exchange.search.statement import order, statement
from exchange.store.packing import unpack

MAX_ARRANGED = 5_000

Row = dict[str, Any]


async def fetch(
    connection: asyncpg.Connection, query: Query, at: Cursor | None
) -> tuple[list[Any], tuple[tuple[bytes, ...], ...]]:
    """The rows of a page, as a statement gives them. Raises SearchError if there are too many to sort."""
    gathered = statement.compile_gathered(query, MAX_ARRANGED + 1)
    records = await connection.fetch(gathered.sql, *gathered.arguments)
    matches = [dict(record) for record in records if record["kind"] == statement.MATCH and record["body"]]
    if len(matches) > MAX_ARRANGED:
        diagnostics = f"Over {MAX_ARRANGED} resources match: too many to sort by this. Ask for fewer of them."
        raise refused("_sort", diagnostics, "too-costly")
    newest = at.newest if at is not None else 2**63 - 1
    placed = _sorted([row for row in matches if row["rid"] <= newest], query.sort)
    page = [row for row in placed if at is None or _is_after(row, query.sort, at)][: query.count + 1]
    total = {"kind": statement.TOTAL, "rid": len(matches)}
    found: list[Any] = [record for record in records if record["kind"] == statement.START and at is None]
    if query.total != "none" and (at is None or at.total is None):
        found.append(total)
    if not query.count:
        return [total], gathered.needles
    return page + await _included(connection, query, page) + found, gathered.needles


def _sorted(rows: list[Row], sort: tuple[SortKey, ...]) -> list[Row]:
    for row in rows:
        resource = loads(unpack(row["body"]))
        row.update(
            {f"k{n}": content.value(key, resource) for n, key in enumerate(sort) if key.source == "content"}
        )
    return sorted(rows, key=_order(sort))


def _order(sort: tuple[SortKey, ...]) -> Callable[[Mapping[str, Any]], Any]:
    def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return _place([row[f"k{n}"] for n in range(len(sort))], row["rid"], sort)

    return place


def _is_after(row: Row, sort: tuple[SortKey, ...], at: Cursor) -> bool:
    return bool(_order(sort)(row) > _place(at.values, at.rid, sort))


def _place(values: Sequence[Any], rid: int, sort: tuple[SortKey, ...]) -> tuple[Any, ...]:
    """What to compare: without a value last, in either direction."""
    keys = [
        (value is None, "" if value is None else _Descending(value) if key.descending else value)
        for key, value in zip(sort, values, strict=True)
    ]
    return (*keys, -rid if order.tie(sort) == "DESC" else rid)


class _Descending:
    """A value that compares the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.value == other.value

    def __lt__(self, other: "_Descending") -> bool:
        return bool(other.value < self.value)

    def __hash__(self) -> int:
        return hash(self.value)


async def _included(connection: asyncpg.Connection, query: Query, page: Sequence[Row]) -> list[Any]:
    if not query.inclusions:
        return []
    listed = statement.compile_listed(query, [row["rid"] for row in page[: query.count]])
    records = await connection.fetch(listed.sql, *listed.arguments)
    return [record for record in records if record["kind"] == statement.INCLUDED]
