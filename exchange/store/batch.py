"""A batch of writes as the arrays that its one statement takes.

https://www.postgresql.org/docs/18/functions-array.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, Literal

from exchange.search.index.phrase import Phrase
from exchange.search.index.row import IndexRow
from exchange.search.value.text import grams
from exchange.search.value.token import reference_hash
from exchange.store import statements
from exchange.store.arrays import array_text, array_texts, float_array_text
from exchange.store.packing import pack
from exchange.store.types import type_number

Columns = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Write:
    """One resource to create, update or delete.

    The body is `head`, then version and time, then `tail`; a deletion has empty ones. `if_match` is the
    version that the client believes to be the current one.
    """

    action: Literal["create", "update", "delete"]
    type: str
    id: str
    head: bytes = b""
    tail: bytes = b""
    row: IndexRow = IndexRow()  # noqa: RUF009
    if_match: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A new version of a locked resource."""

    write: Write
    rid: int
    version: int


@dataclass(frozen=True, slots=True)
class Side:
    """A side table of the index: its fragment, the names of its columns there (the place comes first), what a
    row has for it, and how that becomes records, where it is none already."""

    fragment: str
    names: tuple[str, ...]
    of: Callable[[IndexRow], Sequence[Any]]
    records: Callable[[IndexRow], Sequence[tuple[Any, ...]]] | None = None


SIDES = (
    Side(
        statements.CODES,
        ("code_at", "code", "code_patient", "code_ts"),
        attrgetter("codes"),
        lambda row: [(code, row.patient, row.start) for code in row.codes],
    ),
    Side(
        statements.COMPARTMENTS,
        ("compartment_at", "compartment"),
        attrgetter("compartments"),
        lambda row: [(patient,) for patient in row.compartments],
    ),
    Side(
        statements.IDENTIFIERS,
        ("identifier_at", "identifier_param", "identifier_system", "identifier_value"),
        attrgetter("identifiers"),
    ),
    Side(
        statements.STRINGS,
        ("string_at", "string_param", "string_value", "string_exact", "string_grams"),
        attrgetter("strings"),
        lambda row: [(*each, "\1".join(grams(each[1])) if each[2] else "") for each in row.strings],
    ),
    Side(statements.DATES, ("date_at", "date_param", "date_lo", "date_hi"), attrgetter("dates")),
    Side(statements.NUMBERS, ("number_at", "number_param", "number_lo", "number_hi"), attrgetter("numbers")),
    Side(
        statements.QUANTITIES,
        ("quantity_at", "quantity_param", "quantity_unit", "quantity_lo", "quantity_hi"),
        attrgetter("quantities"),
    ),
    Side(
        statements.COMPOSITES,
        (
            "composite_at",
            "composite_param",
            "composite_key",
            "composite_unit",
            "composite_lo",
            "composite_hi",
            "composite_value",
        ),
        attrgetter("composites"),
    ),
    Side(statements.POSITIONS, ("position_at", "position_lat", "position_lon"), attrgetter("positions")),
)


def rendered(write: Write, version: int, updated: datetime) -> bytes:
    """The bytes as served."""
    return b'%b"versionId":"%d","lastUpdated":"%bZ"%b' % (write.head, version, _stamp(updated), write.tail)


def creation(created: Sequence[Write], updated: datetime, bodies: Sequence[bytes]) -> tuple[str, list[Any]]:
    """The statement that stores new resources, and its arguments. `bodies` are as served."""
    columns: Columns = {"updated": updated} | _fresh_columns(created, bodies)
    fragments = [statements.CREATED, statements.PLACE_FRESH, statements.NEW_ROWS]
    _index(list(enumerate(created, 1)), updated, fragments, columns)
    return _complete(fragments, statements.NOTHING_LOST, columns)


@dataclass(frozen=True, slots=True)
class Way:
    """How a batch is stored: what comes first, the fragments of new and of changed resources, and how the
    statement ends, with new ones and without."""

    first: tuple[str, ...]
    fresh: str
    changed: str
    end_fresh: str
    end: str


# Changed resources are locked, new ones may lose their place.
LOCKED: Final = Way((), statements.FRESH, statements.CHANGED, statements.LOST, statements.NOTHING_LOST)


def statement(
    fresh: Sequence[Write],
    changed: Sequence[Change],
    updated: datetime,
    bodies: Sequence[bytes],
    way: Way = LOCKED,
    first: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[str, list[Any]]:
    """The statement that writes both, and its arguments. It answers with the places that were lost.

    `bodies` are as served, first those of the new resources; a deletion's is empty. `first` are the arguments
    of what comes first.
    """
    fragments = [*way.first]
    columns: Columns = {"updated": updated, **first}
    if fresh:
        fragments.append(way.fresh)
        columns |= _fresh_columns(fresh, bodies[: len(fresh)])
    if changed:
        fragments += (way.changed, statements.STALE)
        columns |= _changed_columns(changed, bodies[len(fresh) :])
        if deleted := [change.rid for change in changed if change.write.action == "delete"]:
            fragments.append(statements.DELETED)
            columns["deleted_rid"] = deleted
    current = [*fresh, *(change.write for change in changed)]
    indexed = [(at, write) for at, write in enumerate(current, 1) if write.action != "delete"]
    if indexed:
        fragments += (_place(fresh, changed), statements.ROWS if changed else statements.NEW_ROWS)
        _index(indexed, updated, fragments, columns)
    return _complete(fragments, way.end_fresh if fresh else way.end, columns)


def reindexing(rids: Sequence[int], writes: Sequence[Write]) -> tuple[str, list[Any]]:
    """The statement that replaces the index rows of these stored resources, and its arguments."""
    columns: Columns = {"changed_rid": list(rids)}
    fragments = [statements.STALE, statements.PLACE_CHANGED, statements.REINDEXED]
    _index(list(enumerate(writes, 1)), EPOCH, fragments, columns)
    return _complete(fragments, statements.NOTHING_LOST, columns)


def microseconds(instant: datetime) -> int:
    """Time as the index keeps it."""
    return (instant - EPOCH) // MICROSECOND


def _place(fresh: Sequence[Write], changed: Sequence[Change]) -> str:
    if fresh and changed:
        return statements.PLACE_BOTH
    return statements.PLACE_FRESH if fresh else statements.PLACE_CHANGED


def _index(
    indexed: Sequence[tuple[int, Write]], updated: datetime, fragments: list[str], columns: Columns
) -> None:
    """Adds what writes the index rows of these."""
    columns |= _row_columns(indexed, updated)
    rows = [(at, write.row) for at, write in indexed]
    for side in SIDES:
        of, shaped = side.of, side.records
        if having := [(at, row) for at, row in rows if of(row)]:
            fragments.append(side.fragment)
            records = [each for _, row in having for each in (shaped(row) if shaped else of(row))]
            places = [at for at, row in having for _ in of(row)]
            columns.update(zip(side.names, (places, *zip(*records, strict=True)), strict=True))
    if texts := {text.token: text for _, write in indexed for text in write.row.texts}:
        fragments.append(statements.TEXTS)
        columns |= _text_columns(list(texts.values()))


def _complete(fragments: Sequence[str], end: str, columns: Columns) -> tuple[str, list[Any]]:
    whole = statements.assembled(tuple(fragments), end)
    return whole.sql, [_argument(columns[name], whole.arrays.get(name)) for name in whole.names]


def _argument(value: Any, element: str | None) -> Any:
    if element is None or type(value) is str:
        return value
    return float_array_text(value) if element == "float8" else array_text(value)


def _fresh_columns(fresh: Sequence[Write], bodies: Sequence[bytes]) -> Columns:
    return {
        "fresh_type": [type_number(write.type) for write in fresh],
        "fresh_id": [write.id for write in fresh],
    } | _body_columns("fresh", bodies)


def _changed_columns(changed: Sequence[Change], bodies: Sequence[bytes]) -> Columns:
    return {
        "changed_rid": [change.rid for change in changed],
        "changed_version": [change.version for change in changed],
    } | _body_columns("changed", bodies)


def _body_columns(which: str, bodies: Sequence[bytes]) -> Columns:
    """All in one, from which each is cut out; what is empty becomes NULL."""
    packed = [pack(body) if body else b"" for body in bodies]
    sizes = [len(each) for each in packed]
    return {
        f"{which}_bodies": b"".join(packed),
        f"{which}_start": list(accumulate(sizes[:-1], initial=1)),
        f"{which}_size": [size or None for size in sizes],
    }


@lru_cache(64)
def _stamp(updated: datetime) -> bytes:
    return updated.astimezone(UTC).isoformat(timespec="milliseconds")[:23].encode()


def _text_columns(texts: Sequence[Phrase]) -> Columns:
    return {
        "text_token": [text.token for text in texts],
        "text_path": [text.path for text in texts],
        "text_value": [text.value for text in texts],
        "text_words": array_texts([text.words for text in texts]),
    }


def _row_columns(indexed: Sequence[tuple[int, Write]], updated: datetime) -> Columns:
    rows = [write.row for _, write in indexed]
    return {
        "row_at": [at for at, _ in indexed],
        "row_type": [type_number(write.type) for _, write in indexed],
        "row_ref": [reference_hash(f"{write.type}/{write.id}") for _, write in indexed],
        "row_patient": [row.patient for row in rows],
        "row_ts": [row.start for row in rows],
        "row_ts_end": [row.end for row in rows],
        "row_tokens": array_texts([row.tokens for row in rows]),
        "row_updated": microseconds(updated),
    }
