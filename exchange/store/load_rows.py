"""Which rows of which tables a resource has, as a load copies them. Pure.

Beside `exchange.store.statements`, which writes the same rows by arrays: a property test holds both to the
same. COPY takes columns in any order, so those of fixed size stand first (`exchange.store.load_encode`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from exchange.search.index.row import IndexRow
from exchange.search.value.text import grams
from exchange.search.value.token import reference_hash
from exchange.store.batch import MICROSECOND, Write, microseconds, rendered
from exchange.store.load_encode import Encode, Row, encoder
from exchange.store.packing import pack
from exchange.store.types import type_number

POSTGRES_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Layout:
    """A table, the columns that are copied, and how their rows become bytes."""

    table: str
    columns: tuple[str, ...]
    encode: Encode


@dataclass(frozen=True, slots=True)
class Side:
    """A side table of the index: what a resource has for it, and the rows that this makes."""

    layout: Layout
    of: Callable[[IndexRow], Sequence[Any]]
    rows: Callable[[int, IndexRow], Iterable[Row]]


def _layout(table: str, **columns: str) -> Layout:
    return Layout(table, tuple(columns), encoder(tuple(columns.values())))


RESOURCE: Final = _layout(
    "resource", rid="int8", type="int2", version="int4", updated="int8", id="text", body="bytea"
)
INDEX: Final = _layout(
    "resource_index",
    rid="int8",
    type="int2",
    ref="int8",
    patient="uuid?",
    ts="int8?",
    ts_end="int8?",
    updated="int8",
    tokens="int8[]",
)
SIDES: Final = (
    Side(
        _layout("code_index", code="int8", patient="uuid?", ts="int8?", rid="int8"),
        attrgetter("codes"),
        lambda rid, row: [(code, row.patient, row.start, rid) for code in row.codes],
    ),
    Side(
        _layout("compartment_index", patient="uuid", rid="int8"),
        attrgetter("compartments"),
        lambda rid, row: [(patient, rid) for patient in row.compartments],
    ),
    Side(
        _layout("identifier_index", param="int2", rid="int8", system="text", value="text"),
        attrgetter("identifiers"),
        lambda rid, row: [(param, rid, system, value) for param, system, value in row.identifiers],
    ),
    Side(
        _layout("string_index", param="int2", rid="int8", value="text", exact="text", grams="text[]"),
        attrgetter("strings"),
        lambda rid, row: [
            (param, rid, value, exact, grams(value) if exact else ()) for param, value, exact in row.strings
        ],
    ),
    Side(
        _layout("date_index", param="int2", lo="int8", hi="int8", rid="int8"),
        attrgetter("dates"),
        lambda rid, row: [(*record, rid) for record in row.dates],
    ),
    Side(
        _layout("number_index", param="int2", lo="float8", hi="float8", rid="int8"),
        attrgetter("numbers"),
        lambda rid, row: [(*record, rid) for record in row.numbers],
    ),
    Side(
        _layout("quantity_index", param="int2", unit="int8?", lo="float8", hi="float8", rid="int8"),
        attrgetter("quantities"),
        lambda rid, row: [(*record, rid) for record in row.quantities],
    ),
    Side(
        _layout(
            "composite_index",
            param="int2",
            key="int8",
            unit="int8?",
            lo="float8",
            hi="float8",
            rid="int8",
            value="text?",
        ),
        attrgetter("composites"),
        lambda rid, row: [(*record[:5], rid, record[5]) for record in row.composites],
    ),
    Side(
        _layout("position_index", lat="float8", lon="float8", rid="int8"),
        attrgetter("positions"),
        lambda rid, row: [(*record, rid) for record in row.positions],
    ),
)
# The tables whose rows belong to the current version of a resource.
INDEX_TABLES: Final = (INDEX.table, *(side.layout.table for side in SIDES))
TABLES: Final = (RESOURCE.table, *INDEX_TABLES)


def resources(rids: Sequence[int], writes: Sequence[Write], updated: datetime) -> list[bytes]:
    """New resources, in their first version."""
    instant = (updated - POSTGRES_EPOCH) // MICROSECOND
    return RESOURCE.encode(
        [
            (rid, type_number(write.type), 1, instant, write.id, pack(rendered(write, 1, updated)))
            for rid, write in zip(rids, writes, strict=True)
        ]
    )


def index(rids: Sequence[int], writes: Sequence[Write], updated: datetime) -> list[bytes]:
    """Their rows in `resource_index`."""
    instant = microseconds(updated)
    return INDEX.encode(
        [
            (
                rid,
                type_number(write.type),
                reference_hash(f"{write.type}/{write.id}"),
                write.row.patient,
                write.row.start,
                write.row.end,
                instant,
                write.row.tokens,
            )
            for rid, write in zip(rids, writes, strict=True)
        ]
    )


def side(of: Side, rids: Sequence[int], writes: Sequence[Write]) -> list[bytes]:
    """Their rows in a side table; often none."""
    has, rows = of.of, of.rows
    found = [
        record
        for rid, write in zip(rids, writes, strict=True)
        if has(write.row)
        for record in rows(rid, write.row)
    ]
    return of.layout.encode(found) if found else []
