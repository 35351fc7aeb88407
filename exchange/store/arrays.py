"""Arrays as the text that PostgreSQL reads.

asyncpg asks of each element of an array whether it is itself an array, which would cost more than all else
it does. JSON's arrays and strings look like PostgreSQL's but for the brackets, and msgspec writes them fast.

https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec


def array_text(values: Sequence[Any]) -> str:
    """Of integers, texts, UUIDs or None."""
    text = _ENCODER.encode(values)
    if b"\\" in text:
        return _escaped(values)
    return f"{{{text[1:-1].decode()}}}"


def float_array_text(values: Sequence[float | None]) -> str:
    """Of floats, which may be infinite, or None."""
    return f"{{{str([*values])[1:-1].replace('None', 'NULL')}}}"


def array_texts(rows: Sequence[Sequence[int]]) -> str:
    """An array of the texts of arrays of integers: an array of arrays would have to be rectangular."""
    inner = _ENCODER.encode(rows)[2:-2].decode().replace("],[", '}","{')
    return f'{{"{{{inner}}}"}}' if rows else "{}"


_ENCODER: Final = msgspec.json.Encoder()


def _escaped(values: Sequence[Any]) -> str:
    return f"{{{','.join(map(_quoted, values))}}}"


def _quoted(value: Any) -> str:
    if value is None:
        return "NULL"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
