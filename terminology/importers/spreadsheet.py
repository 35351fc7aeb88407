"""Spreadsheets as numbered rows of texts: XLSX, row by row, and CSV as Chinese programs save it.

https://ecma-international.org/publications-and-standards/standards/ecma-376/
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from terminology.importers.release import UnusableFile
from terminology.importers.table import DELIMITERS, decoded


@dataclass(frozen=True, slots=True)
class Line:
    """`sheet` says where it stands: the file, and the sheet if there are several."""

    sheet: str
    number: int
    cells: tuple[str, ...]


def spreadsheet_lines(path: Path) -> Iterator[Line]:
    """Cells are trimmed; numbers are as they are shown. Raises UnusableFile."""
    yield from _xlsx(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _text(path)


def _text(path: Path) -> Iterator[Line]:
    text = decoded(path.name, path.read_bytes())
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for cells in reader:
        yield Line(path.name, reader.line_num, tuple(cell.strip() for cell in cells))


def _xlsx(path: Path) -> Iterator[Line]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, OSError) as error:
        raise UnusableFile(f"{path.name} is not an XLSX file ({type(error).__name__})") from None
    try:
        for sheet in book.worksheets:
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                yield Line(f"{path.name}, sheet {sheet.title}", number, tuple(map(_shown, cells)))
    finally:
        book.close()


def _shown(value: Any) -> str:
    """A code that a spreadsheet took for a number is a whole one as it was typed."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
