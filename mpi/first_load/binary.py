"""Rows as binary COPY takes them.

https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
"""

import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Final, Literal

NULL: Final = b"\xff\xff\xff\xff"

_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
# What is given to the connection at a time.
_PIECE: Final = 512
# Their numbers in `pg_type`.
_TYPES: Final = MappingProxyType({"bigint": 20, "smallint": 21})

_length: Final = struct.Struct(">i").pack
_array: Final = struct.Struct(">6i").pack


def field(value: bytes) -> bytes:
    return _length(len(value)) + value


def array(element: Literal["bigint", "smallint"], values: Sequence[bytes]) -> bytes:
    """The field of an array; `values` are as long as the element's type."""
    head = _array(20 + sum(map(len, values)) + 4 * len(values), 1, 0, _TYPES[element], len(values), 1)
    return head + b"".join(map(field, values))


async def pieces(rows: Iterator[bytes]) -> AsyncIterator[bytes]:
    yield _HEAD
    while piece := b"".join(islice(rows, _PIECE)):
        yield piece
    yield _TAIL
