"""What an importer makes of a publisher's files: a header, and the concepts in an order for packing.

https://hl7.org/fhir/R4/terminologies-systems.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from terminology.code_system import Header
from terminology.packed import Concept, rest_of


class UnusableFile(ValueError):
    """The file is not laid out as its format says; the text says where."""


@dataclass(slots=True)
class Row:
    """A concept as a file tells it; `above` are codes."""

    code: str
    display: str
    above: tuple[str, ...] = ()
    entry: dict[str, Any] = field(default_factory=dict)

    def designate(self, value: str, language: str = "", use: Mapping[str, str] | None = None) -> None:
        if value and (value != self.display or language):
            said: dict[str, Any] = {"language": language} if language else {}
            if use:
                said["use"] = dict(use)
            self.entry.setdefault("designation", []).append({**said, "value": value})

    def put(self, code: str, kind: str, value: Any) -> None:
        if value not in ("", None):
            self.entry.setdefault("property", []).append({"code": code, kind: value})


@dataclass(frozen=True, slots=True)
class Release:
    header: Header
    rows: Sequence[Row]

    def concepts(self) -> Iterator[Concept]:
        """Each with the numbers of its parents; a parent that is not there is left out."""
        numbers: dict[str, int] = {}
        for number, row in enumerate(self.rows):
            numbers.setdefault(row.code, number)
        for number, row in enumerate(self.rows):
            above = {numbers[code] for code in row.above if code in numbers} - {number}
            yield Concept(row.code, row.display, tuple(sorted(above)), rest_of(row.entry))


def unique(rows: Iterable[Row]) -> list[Row]:
    """Raises UnusableFile for a code that stands twice, or none."""
    seen: dict[str, int] = {}
    kept = []
    for number, row in enumerate(rows, 1):
        if not row.code:
            raise UnusableFile(f"row {number} has no code")
        if row.code in seen:
            raise UnusableFile(f"row {number} repeats the code {row.code} of row {seen[row.code]}")
        seen[row.code] = number
        kept.append(row)
    return kept


def above_by_prefix(rows: Sequence[Row], shortest: int = 1) -> None:
    """A code lies below the longest code that it begins with, as in ICD-10: `I10.x01` below `I10`."""
    codes = {row.code for row in rows}
    for row in rows:
        for end in range(len(row.code) - 1, shortest - 1, -1):
            if row.code[:end] in codes:
                row.above = (*row.above, row.code[:end])
                break
