"""Arrays as PostgreSQL writes them, for parameters declared `$1::text::bigint[]`.

https://www.postgresql.org/docs/18/arrays.html#ARRAYS-INPUT

asyncpg asks of every element of an array whether it is an array itself, by an abstract base class: that took
a first visit a tenth of its time.
"""

from collections.abc import Iterable


def plain(values: Iterable[object]) -> str:
    """Of numbers, keys, truth values: what needs no quotes. None is NULL."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


def texts(values: Iterable[str | None]) -> str:
    return f"{{{','.join(['NULL' if value is None else _quoted(value) for value in values])}}}"


def octets(values: Iterable[bytes]) -> str:
    """For `bytea[]`."""
    return f"{{{','.join([_HEX + value.hex() for value in values])}}}"


def _quoted(text: str) -> str:
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if '"' in text:
        text = text.replace('"', '\\"')
    return f'"{text}"'


_HEX = "\\\\x"
