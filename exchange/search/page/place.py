"""Where a resource that has been changed since the paging began stood at that time.

A row's own transaction (`xmin`) tells that it is unchanged: then it is below the horizon of the first page.
What the few others were is read from the history.

https://www.postgresql.org/docs/18/functions-info.html#FUNCTIONS-PG-SNAPSHOT
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from exchange.fhirjson import loads
from exchange.search.index.extract import Extraction
from exchange.search.index.row import IndexRow
from exchange.search.page import content
from exchange.search.page.cursor import Cursor
from exchange.search.query.query import SortKey
from exchange.store.packing import unpack

# The version of each resource that the first transaction from the horizon on superseded. Transaction ids are
# compared as PostgreSQL does, in a circle of 2^32; a deleted version stands nowhere.
EARLIER = """
SELECT DISTINCT ON (rid) rid, body
FROM history
WHERE rid = ANY($1::bigint[]) AND body IS NOT NULL
  AND (xmin::text::bigint - $2::bigint) & 4294967295 < 2147483648
ORDER BY rid, version"""

_FIXED = ("id",)


def is_changed(mark: int, cursor: Cursor) -> bool:
    """Whether a transaction that was not over when the paging began wrote the row."""
    return (mark - cursor.horizon) & 0xFFFFFFFF < 0x80000000


async def unmoved(
    connection: asyncpg.Connection,
    rows: Sequence[Any],
    sort: tuple[SortKey, ...],
    cursor: Cursor,
    extraction: Extraction | None,
) -> list[Any]:
    """The rows (rid, mark, k0 …) that stand where they stood when the paging began."""
    changed = [row["rid"] for row in rows if row["mark"] is not None and is_changed(row["mark"], cursor)]
    if not changed or all(key.source in _FIXED for key in sort):
        return list(rows)
    earlier = await connection.fetch(EARLIER, changed, cursor.horizon)
    places = {row["rid"]: _place(row["body"], sort, extraction) for row in earlier}
    return [row for row in rows if places.get(row["rid"], _now(row, sort)) == _now(row, sort)]


def _now(row: Mapping[str, Any], sort: tuple[SortKey, ...]) -> tuple[Any, ...]:
    return tuple(row[f"k{n}"] for n in range(len(sort)))


def _place(body: bytes, sort: tuple[SortKey, ...], extraction: Extraction | None) -> tuple[Any, ...] | None:
    """None where the place then cannot be the place now, or be told."""
    if extraction is None or any(key.source == "updated" for key in sort):
        return None
    resource = loads(unpack(body))
    row = extraction.row(resource)
    return tuple(_value(key, resource, row) for key in sort)


def _value(key: SortKey, resource: Mapping[str, Any], row: IndexRow) -> Any:
    match key.source:
        case "ts":
            return row.start
        case "id":
            return resource["id"]
        case "content":
            return content.value(key, resource)
        case "pair":
            return min((lo for _, _, lo, _ in row.quantities), default=None)
        case "rank":
            return _best(key, (key.tokens.index(token) for token in row.tokens if token in key.tokens))
    return _best(key, _side_values(key, row))


def _side_values(key: SortKey, row: IndexRow) -> Iterable[Any]:
    """The values of the key's parameters in its side table, as IndexRow has them."""
    wanted = {*key.parameters, *(-number for number in key.parameters)}
    ends: dict[str, Iterable[tuple[int, Any, Any]]] = {
        "date_index": [(n, lo, hi) for n, lo, hi in row.dates],
        "number_index": [(n, lo, hi) for n, lo, hi in row.numbers],
        "quantity_index": [(n, lo, hi) for n, _, lo, hi in row.quantities],
        "string_index": [(n, value, value) for n, value, _ in row.strings],
        "identifier_index": [(n, value, value) for n, _, value in row.identifiers],
    }
    return (hi if key.descending else lo for n, lo, hi in ends[key.source] if n in wanted)


def _best(key: SortKey, values: Iterable[Any]) -> Any:
    return max(values, default=None) if key.descending else min(values, default=None)
