"""Rows as the bytes that `COPY … WITH (FORMAT binary)` takes. Pure.

https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY

Packing each value by itself would cost more than all else that is done for a row. So the columns of fixed
size, which stand first, are packed for many rows at once; rows with the same NULLs have the same size.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter
from struct import Struct
from typing import Any, Final

Row = tuple[Any, ...]
Encode = Callable[[Sequence[Row]], list[bytes]]

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"

# Types of fixed size: how `struct` writes them, and their length. With a `?` they may be NULL.
FIXED: Final = {"int2": ("h", 2), "int4": ("i", 4), "int8": ("q", 8), "float8": ("d", 8), "uuid": ("16s", 16)}
NULL_LENGTH: Final = -1
BLOCK: Final = 64
GRAM: Final = 2
GRAMS: Final = 1 << 16
INT8_OID: Final = 20
TEXT_OID: Final = 25

_LENGTH: Final = Struct(">i")
_NULL: Final = _LENGTH.pack(NULL_LENGTH)
_ARRAY: Final = Struct(">iiiii")
_UUID_BYTES: Final = attrgetter("bytes")


def encoder(types: Sequence[str]) -> Encode:
    """Encodes rows of these types, pieces in any order; columns of fixed size (`int8`, `uuid?`) stand first.

    Others are `text`, `text?`, `bytea`, `int8[]` and `text[]`.
    """
    fixed = sum(name.removesuffix("?") in FIXED for name in types)
    nullable = [at for at, name in enumerate(types) if name.endswith("?")]

    def encode(rows: Sequence[Row]) -> list[bytes]:
        pieces: list[bytes] = []
        if not rows:
            return pieces
        for absent, columns in _by_nulls(rows, nullable):
            packed = _packing(tuple(types), absent)
            writers = _writers(types[fixed:], frozenset(at - fixed for at in absent))
            for start in range(0, len(columns[0]), BLOCK):
                block = [column[start : start + BLOCK] for column in columns]
                if writers:
                    written = [
                        map(write, column) for write, column in zip(writers, block[fixed:], strict=True)
                    ]
                    pieces += _with_variable(packed(block), len(block[0]), written)
                else:
                    pieces.append(packed(block))
        return pieces

    return encode


def _by_nulls(rows: Sequence[Row], nullable: Sequence[int]) -> list[tuple[frozenset[int], list[Row]]]:
    """The columns, of rows that have NULL in the same ones. Mostly all rows do, and that is quick to see."""
    columns = list(zip(*rows, strict=True))
    absent = frozenset(at for at in nullable if columns[at][0] is None)
    if all(columns[at].count(None) == len(rows) if at in absent else all(columns[at]) for at in nullable):
        return [(absent, columns)]
    groups: defaultdict[tuple[bool, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple([row[at] is None for at in nullable])].append(row)
    return [
        (
            frozenset(at for at, null in zip(nullable, nulls, strict=True) if null),
            list(zip(*alike, strict=True)),
        )
        for nulls, alike in groups.items()
    ]


@cache
def _packing(types: tuple[str, ...], absent: frozenset[int]) -> Callable[[Sequence[Row]], bytes]:
    """Packs the fixed columns of up to BLOCK rows: of each row its width, then lengths and values."""
    form, template = "h", [len(types)]
    places: list[tuple[int, int, bool]] = []
    for at, name in enumerate(types):
        code, length = FIXED.get(name.removesuffix("?"), ("", 0))
        if at in absent and (code or _all_absent(types, absent)):
            form += "i"
            template.append(NULL_LENGTH)
        elif code:
            form += f"i{code}"
            template += (length, 0)
            places.append((at, len(template) - 1, code == "16s"))

    def packed(columns: Sequence[Row]) -> bytes:
        flat: list[Any] = template * len(columns[0])
        for at, place, is_uuid in places:
            column = columns[at]
            flat[place :: len(template)] = map(_UUID_BYTES, column) if is_uuid else column
        return _repeated(form, len(columns[0])).pack(*flat)

    return packed


@cache
def _repeated(form: str, times: int) -> Struct:
    return Struct(">" + form * times)


def _all_absent(types: Sequence[str], absent: frozenset[int]) -> bool:
    """Whether the columns that are not of fixed size are all NULL, so that the rows are of fixed size."""
    return all(at in absent for at, name in enumerate(types) if name.removesuffix("?") not in FIXED)


def _writers(variable: Sequence[str], absent: frozenset[int]) -> list[Callable[[Any], bytes]]:
    """How the columns that are not of fixed size are written; empty if all are NULL."""
    if all(at in absent for at in range(len(variable))):
        return []
    return [_null if at in absent else _VARIABLE[name.removesuffix("?")] for at, name in enumerate(variable)]


def _with_variable(packed: bytes, rows: int, written: Sequence[Iterable[bytes]]) -> Iterator[bytes]:
    """The fixed part of each row followed by its other columns."""
    size = len(packed) // rows
    starts = range(0, len(packed), size)
    return chain.from_iterable(zip([packed[at : at + size] for at in starts], *written, strict=True))


def _null(value: None) -> bytes:
    return _NULL


def _text(value: str) -> bytes:
    raw = value.encode()
    return _LENGTH.pack(len(raw)) + raw


def _bytea(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _int8_array(values: Sequence[int]) -> bytes:
    count = len(values)
    if not count:
        return _LENGTH.pack(12) + Struct(">iii").pack(0, 0, INT8_OID)
    flat = [8] * (2 * count)
    flat[1::2] = values
    return _int8s(count).pack(20 + 12 * count, 1, 0, INT8_OID, count, 1, *flat)


@lru_cache(1024)
def _int8s(count: int) -> Struct:
    return Struct(">iiiiii" + "iq" * count)


class _Short(dict[str, bytes]):
    """Grams are few and repeat; what is longer is not kept."""

    __slots__ = ()

    def __missing__(self, value: str) -> bytes:
        written = _text(value)
        if len(value) <= GRAM:
            if len(self) >= GRAMS:
                self.clear()
            self[value] = written
        return written


_SHORT: Final = _Short()


def _text_array(values: Sequence[str]) -> bytes:
    if not values:
        return _LENGTH.pack(12) + Struct(">iii").pack(0, 0, TEXT_OID)
    members = b"".join([_SHORT[each] for each in values])
    return _LENGTH.pack(20 + len(members)) + _ARRAY.pack(1, 0, TEXT_OID, len(values), 1) + members


_VARIABLE: Final[dict[str, Callable[[Any], bytes]]] = {
    "text": _text,
    "bytea": _bytea,
    "int8[]": _int8_array,
    "text[]": _text_array,
}
