"""The work queue as a sheet that a reviewer fills in, and that sheet read again: CSV or XLSX. Pure.

https://www.rfc-editor.org/rfc/rfc4180 · https://openpyxl.readthedocs.io/
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openpyxl.cell.cell import WriteOnlyCell

# What a reviewer fills in, after what is told of the code; proposals follow.
TOLD: Final = ("system", "code", "display", "count", "first_seen", "last_seen", "state", "places", "example")
FILLED: Final = ("decision", "target_system", "target_code", "target_display", "equivalence", "comment")
PROPOSED: Final = 3
MOST_ROWS: Final = 200_000
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_UNPACKED: Final = 512 * 1024 * 1024
# A spreadsheet would take what begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class UnusableSheet(ValueError):
    """The bytes are no sheet that can be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a sheet by its number, as people count; empty cells are missing."""

    number: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        return self.cells.get(column, "")


def header() -> list[str]:
    proposed = [f"proposal_{n}{part}" for n in range(1, PROPOSED + 1) for part in ("", "_score", "_why")]
    return [*TOLD, *FILLED, *proposed]


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """With a mark by which spreadsheets know UTF-8."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(header())
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return written.getvalue().encode("utf-8-sig")


def xlsx_of(rows: Iterable[Sequence[str]]) -> bytes:
    from openpyxl import Workbook  # only spreadsheets need it, and all that it imports

    book = Workbook(write_only=True)
    sheet = book.create_sheet("codes")
    sheet.freeze_panes = "C2"
    sheet.append(header())
    for row in rows:
        sheet.append([_cell(sheet, text) for text in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _cell(sheet: object, text: str) -> "WriteOnlyCell":
    """Always a text: never a formula, an error or a number."""
    from openpyxl.cell.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, "".join(character for character in text if character.isprintable()))
    cell.data_type = "s"
    return cell


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def rows_of(sheet: bytes) -> list[Row]:
    """Raises UnusableSheet."""
    if len(sheet) > MOST_BYTES:
        raise UnusableSheet(f"a sheet has at most {MOST_BYTES} bytes")
    lines = _xlsx_lines(sheet) if sheet[:2] == b"PK" else _csv_lines(sheet)
    names = [name.strip().lower() for name in next(lines, [])]
    missing = [name for name in ("system", "code") if name not in names]
    if missing:
        raise UnusableSheet(f"the first line has no column {' and no '.join(missing)}")
    return list(_rows(names, lines))


def _rows(names: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[Row]:
    for number, line in enumerate(lines, 2):
        if number > MOST_ROWS:
            raise UnusableSheet(f"a sheet has at most {MOST_ROWS} lines")
        cells = {name: text for name, cell in zip(names, line, strict=False) if (text := _plain(cell))}
        if cells:
            yield Row(number, cells)


def _plain(cell: str) -> str:
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(_FORMULA) else text


def _csv_lines(sheet: bytes) -> Iterator[list[str]]:
    try:
        text = sheet.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = sheet.decode("gb18030")  # as Chinese spreadsheets save it
        except UnicodeDecodeError:
            raise UnusableSheet("a CSV sheet is in UTF-8 or GB18030") from None
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise UnusableSheet(f"this is no CSV: {error}") from None


def _xlsx_lines(sheet: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(sheet)) as packed:
            _require_harmless(packed)
        book = load_workbook(io.BytesIO(sheet), read_only=True, data_only=True)
        for line in book.worksheets[0].iter_rows(values_only=True):
            yield ["" if cell is None else _number(cell) for cell in line]
    except UnusableSheet:
        raise
    except Exception as error:  # whatever a hostile file makes the library raise
        raise UnusableSheet(f"this is no XLSX ({type(error).__name__})") from None


def _number(cell: object) -> str:
    """A code that a spreadsheet took for a number: 10, not 10.0."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _require_harmless(packed: zipfile.ZipFile) -> None:
    if sum(each.file_size for each in packed.infolist()) > MOST_UNPACKED:
        raise UnusableSheet("the sheet is too large when unpacked")
    for each in packed.infolist():
        with packed.open(each) as part:
            if b"<!DOCTYPE" in part.read(4096).upper():
                raise UnusableSheet("the sheet declares a document type")
