"""CSV, fixed width, XLSX, JSON and XML as rows.

https://www.rfc-editor.org/rfc/rfc4180. Bytes are UTF-8 or, where they are not, GB18030, as front ends write.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.tables.rows import Row, text_of
from adapters.trees.element import Element
from adapters.trees.parse import parse

MAX_ROWS: Final = 1_000_000
MAX_CELL: Final = 4 * 1024 * 1024
_XLSX: Final = b"PK\x03\x04"


class TableError(ValueError):
    """The bytes are no table."""


def decoded(raw: bytes, charset: str | None = None) -> str:
    """Text of a table. Raises TableError."""
    for name in (charset,) if charset else ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    raise TableError("the bytes are no text of a known charset")


def csv_rows(raw: bytes, table: str, charset: str | None = None) -> Iterator[Row]:
    """The first line names the columns; the delimiter is the one that stands there most often."""
    csv.field_size_limit(MAX_CELL)
    text = decoded(raw, charset)
    head = text.partition("\n")[0]
    delimiter = max((",", "\t", "|", ";"), key=head.count)
    try:
        for number, record in enumerate(
            csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter), 1
        ):
            cells = {str(name).strip(): text_of(cell) for name, cell in record.items() if name and cell}
            yield Row(table, number, cells)
    except csv.Error as error:
        raise TableError(str(error)) from error


def fixed_rows(
    raw: bytes, table: str, widths: Mapping[str, int], charset: str | None = None
) -> Iterator[Row]:
    """Widths are bytes, as the systems count that write such files: a character of GB18030 has two."""
    for number, line in enumerate(raw.splitlines(), 1):
        cells: dict[str, str] = {}
        start = 0
        for name, width in widths.items():
            cells[name] = decoded(line[start : start + width], charset).strip()
            start += width
        if any(cells.values()):
            yield Row(table, number, cells)


def xlsx_rows(raw: bytes) -> Iterator[Row]:
    """Every sheet is a table; its first row names the columns. Nothing in it is computed."""
    from openpyxl import load_workbook  # only spreadsheets need it

    try:
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises what zipfile and XML raise, too
        raise TableError("not a spreadsheet") from error
    for sheet in book.worksheets:
        records = sheet.iter_rows(values_only=True)
        names = [text_of(cell) for cell in next(records, ())]
        for number, record in enumerate(records, 1):
            cells = {name: text_of(cell) for name, cell in zip(names, record, strict=False) if name}
            if any(cells.values()):
                yield Row(sheet.title, number, cells)


def json_rows(raw: bytes, table: str) -> Iterator[Row]:
    """A list of objects, an object of such lists by table, or one object a line."""
    text = decoded(raw)
    try:
        found = json.loads(text)
    except ValueError:
        try:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise TableError("not JSON") from error
    groups: Mapping[str, Any] = found if _by_table(found) else {table: found}
    for name, records in groups.items():
        for number, record in enumerate(records if isinstance(records, list) else [records], 1):
            if not isinstance(record, dict):
                raise TableError("a row is an object")
            cells = {
                str(key): text_of(value)
                for key, value in record.items()
                if not isinstance(value, dict | list)
            }
            yield Row(name, number, cells)


def _by_table(found: Any) -> bool:
    return isinstance(found, dict) and bool(found) and all(isinstance(each, list) for each in found.values())


def xml_rows(raw: bytes, table: str, charset: str | None = None) -> Iterator[Row]:
    """Elements whose children are all texts are rows; their name, or that around them, is the table's."""
    root = parse(raw, charset).root
    rows = [each for each in root.walk() if each.children and not any(c.children for c in each.children)]
    for number, row in enumerate(rows, 1):
        name = row.name if not re.fullmatch(r"(?i)row|record|item|data", row.name) else _around(row, table)
        cells = {child.name: child.peek("") for child in row.children}
        yield Row(name, number, cells | {k: v for k, (_, v) in row.leaves.items() if k})


def _around(row: Element, table: str) -> str:
    return row.parent.name if row.parent is not None and row.parent.parent is not None else table


def rows_of(raw: bytes, table: str, charset: str | None = None) -> Iterator[Row]:
    """Rows of whatever form the bytes have."""
    head = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if raw.startswith(_XLSX):
        yield from xlsx_rows(raw)
    elif head in (b"{", b"["):
        yield from json_rows(raw, table)
    elif head == b"<":
        yield from xml_rows(raw, table, charset)
    else:
        yield from csv_rows(raw, table, charset)
