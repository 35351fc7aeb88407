"""Rows as the bytes that `COPY … WITH (FORMAT binary)` takes. Pure.

https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY

Packing each value by itself would cost more than all else that is done for a row. So the columns of fixed
size, which stand first, are packed for many rows at once; rows with the same NULLs have the same size.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
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
    fixed = [name for name in types if name.removesuffix("?") in FIXED]
    variable = [_VARIABLE[name] for name in types[len(fixed) :]]
    nullable = [at for at, name in enumerate(fixed) if name.endswith("?")]

    def encode(rows: Sequence[Row]) -> list[bytes]:
        pieces: list[bytes] = []
        for absent, alike in _by_nulls(rows, nullable):
            packed = _packing(tuple(fixed), len(types), absent)
            for start in range(0, len(alike), BLOCK):
                block = alike[start : start + BLOCK]
                if variable:
                    pieces += _with_variable(block, packed(block), len(fixed), variable)
                else:
                    pieces.append(packed(block))
        return pieces

    return encode


def _by_nulls(rows: Sequence[Row], nullable: Sequence[int]) -> Iterable[tuple[frozenset[int], Sequence[Row]]]:
    """The rows by which of their columns are NULL."""
    if not nullable:
        return ((frozenset(), rows),)
    groups: defaultdict[tuple[bool, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple([row[at] is None for at in nullable])].append(row)
    return [
        (frozenset(at for at, null in zip(nullable, nulls, strict=True) if null), alike)
        for nulls, alike in groups.items()
    ]


@cache
def _packing(fixed: tuple[str, ...], width: int, absent: frozenset[int]) -> Callable[[Sequence[Row]], bytes]:
    """Packs the fixed columns of up to BLOCK rows: of each row its width, then lengths and values."""
    form, template = "h", [width]
    places: list[tuple[int, int, bool]] = []
    for at, name in enumerate(fixed):
        code, length = FIXED[name.removesuffix("?")]
        form += "i"
        template.append(NULL_LENGTH if at in absent else length)
        if at not in absent:
            places.append((at, len(template), code == "16s"))
            form += code
            template.append(0)

    def packed(rows: Sequence[Row]) -> bytes:
        flat: list[Any] = template * len(rows)
        columns = list(zip(*rows, strict=True))
        for at, place, is_uuid in places:
            column = columns[at]
            flat[place :: len(template)] = map(_UUID_BYTES, column) if is_uuid else column
        return _repeated(form, len(rows)).pack(*flat)

    return packed


@cache
def _repeated(form: str, times: int) -> Struct:
    return Struct(">" + form * times)


def _with_variable(
    rows: Sequence[Row], packed: bytes, fixed: int, variable: Sequence[Callable[[Any], bytes]]
) -> Iterator[bytes]:
    """The fixed part of each row followed by its other columns."""
    size = len(packed) // len(rows)
    for start, row in zip(range(0, len(packed), size), rows, strict=True):
        yield packed[start : start + size]
        for write, value in zip(variable, row[fixed:], strict=True):
            yield write(value)


def _text(value: str) -> bytes:
    raw = value.encode()
    return _LENGTH.pack(len(raw)) + raw


def _text_or_null(value: str | None) -> bytes:
    return _NULL if value is None else _text(value)


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


def _text_array(values: Sequence[str]) -> bytes:
    if not values:
        return _LENGTH.pack(12) + Struct(">iii").pack(0, 0, TEXT_OID)
    members = b"".join(map(_text, values))
    return _LENGTH.pack(20 + len(members)) + _ARRAY.pack(1, 0, TEXT_OID, len(values), 1) + members


_VARIABLE: Final[dict[str, Callable[[Any], bytes]]] = {
    "text": _text,
    "text?": _text_or_null,
    "bytea": _bytea,
    "int8[]": _int8_array,
    "text[]": _text_array,
}
