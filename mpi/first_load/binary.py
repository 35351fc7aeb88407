"""Rows as binary COPY takes them.

https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
"""

import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import lru_cache
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

length: Final = struct.Struct(">i").pack
"""What stands before a field."""
_array: Final = struct.Struct(">6i").pack
_LENGTHS: Final = MappingProxyType({"bigint": 8, "smallint": 2})
_BETWEEN: Final = MappingProxyType({element: length(size) for element, size in _LENGTHS.items()})


def field(value: bytes) -> bytes:
    return length(len(value)) + value


def array(element: Literal["bigint", "smallint"], values: Sequence[bytes]) -> bytes:
    """The field of an array; `values` are as long as the element's type."""
    return _head(element, len(values)) + _BETWEEN[element].join(values)


# Before the first value, and before each of the others, stands how long it is.
@lru_cache(maxsize=1024)
def _head(element: Literal["bigint", "smallint"], size: int) -> bytes:
    between = _BETWEEN[element]
    total = 20 + size * (len(between) + _LENGTHS[element])
    return _array(total, 1, 0, _TYPES[element], size, 1) + between[: size * len(between)]


async def pieces(rows: Iterator[bytes]) -> AsyncIterator[bytes]:
    yield _HEAD
    while piece := b"".join(islice(rows, _PIECE)):
        yield piece
    yield _TAIL
