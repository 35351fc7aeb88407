"""Rows of tables as they come: a table's name, and texts by column."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts the rows of one source from 1. Names of columns keep their case."""

    table: str
    number: int
    values: Mapping[str, str]


def text_of(value: object) -> str:
    """A cell as text: dates as ISO 8601, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value).strip()
