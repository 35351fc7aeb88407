"""Delimited text as numbered records by column: CSV as LOINC and spreadsheets have it, tabs as RF2.

https://www.rfc-editor.org/rfc/rfc4180
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence

from terminology.importers.release import UnusableFile

Numbered = tuple[int, Mapping[str, str]]
"""The line that a record ends on, and its cells by column."""


def records(
    file: str, lines: Iterable[str], needed: Sequence[str], delimiter: str = ","
) -> Iterator[Numbered]:
    """Cells are trimmed, blank lines passed over. Raises UnusableFile: a column is not there."""
    reader = csv.reader(lines, delimiter=delimiter)
    header = [cell.strip().lstrip("\ufeff") for cell in next(reader, [])]
    if missing := [name for name in needed if name not in header]:
        told = ", ".join(name for name in header if name)[:500]
        raise UnusableFile(f"{file} has no column {', '.join(missing)}; it has {told}")
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, _by_column(file, reader.line_num, header, cells)
    except csv.Error as error:
        raise UnusableFile(f"{file}, line {reader.line_num}: {error}") from None


def tabbed(file: str, lines: Iterable[str], needed: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The wanted cells of each line, in that order; nothing is quoted. Raises UnusableFile."""
    left = enumerate(lines, 1)
    header = next(left, (1, ""))[1].lstrip("\ufeff").rstrip("\r\n").split("\t")
    if missing := [name for name in needed if name not in header]:
        raise UnusableFile(f"{file}, line 1 names no column {', '.join(missing)}")
    at = [header.index(name) for name in needed]
    for number, line in left:
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) != len(header):
            raise UnusableFile(f"{file}, line {number} has {len(cells)} cells instead of {len(header)}")
        yield number, [cells[n] for n in at]


def _by_column(file: str, line: int, header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise UnusableFile(f"{file}, line {line} has {len(cells)} cells instead of {len(header)}")
    trimmed = [cell.strip() for cell in cells[: len(header)]]
    trimmed += [""] * (len(header) - len(trimmed))
    return {name: cell for name, cell in zip(header, trimmed, strict=True) if name}
