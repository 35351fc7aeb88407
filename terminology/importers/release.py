"""What an importer makes of a publisher's files: a header, and the concepts in an order for packing.

https://hl7.org/fhir/R4/terminologies-systems.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from terminology.code_system import Header
from terminology.packed import Concept, rest_of


class UnusableFile(ValueError):
    """The file is not laid out as its format says; the text says where."""


Designated = tuple[str, str, Mapping[str, str] | None]
"""Value, language, use; the last two may be empty."""


@dataclass(slots=True)
class Row:
    """A concept as a file tells it; `above` are codes, `properties` are code, JSON member and value, `more`
    is what else its entry has. A million of them are held at once."""

    code: str
    display: str = ""
    above: tuple[str, ...] = ()
    designations: list[Designated] = field(default_factory=list)
    properties: list[tuple[str, str, Any]] = field(default_factory=list)
    more: dict[str, Any] | None = None

    def designate(self, value: str, language: str = "", use: Mapping[str, str] | None = None) -> None:
        if value and (value != self.display or language):
            self.designations.append((value, language, use))

    def put(self, code: str, kind: str, value: Any) -> None:
        if value not in ("", None):
            self.properties.append((code, kind, value))

    def add(self, member: str, value: Any) -> None:
        self.more = {**(self.more or {}), member: value}

    @property
    def entry(self) -> dict[str, Any]:
        made = dict(self.more or {})
        if self.designations:
            made["designation"] = [_designation(*each) for each in self.designations]
        if self.properties:
            made["property"] = [{"code": code, kind: value} for code, kind, value in self.properties]
        return made


def _designation(value: str, language: str, use: Mapping[str, str] | None) -> dict[str, Any]:
    said = {name: each for name, each in (("language", language), ("use", use)) if each}
    return {**said, "value": value}


class Rows:
    """In their order, and by their codes."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.by_code = {row.code: row for row in rows}

    def get(self, code: str) -> Row | None:
        return self.by_code.get(code)

    def at(self, code: str, display: str = "") -> Row:
        """The row of a code; one more if it is not there."""
        row = self.by_code.get(code)
        if row is None:
            row = self.by_code[code] = Row(code, display)
        return row

    def listed(self) -> list[Row]:
        return list(self.by_code.values())


Tell = Callable[[str, int], None]
"""Told of a file that is read, and of how many of its lines are."""
TOLD_EVERY: Final = 20_000
T = TypeVar("T")


def told(tell: Tell, file: str, lines: Iterable[T]) -> Iterator[T]:
    """The same, while somebody hears how far it is."""
    count = 0
    for count, line in enumerate(lines, 1):
        yield line
        if not count % TOLD_EVERY:
            tell(file, count)
    tell(file, count)


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


def unique(file: str, rows: Iterable[tuple[int, Row]]) -> list[Row]:
    """The rows of numbered lines. Raises UnusableFile for a code that stands twice, or none."""
    seen: dict[str, int] = {}
    kept = []
    for line, row in rows:
        if not row.code:
            raise UnusableFile(f"{file}, line {line} has no code")
        if row.code in seen:
            raise UnusableFile(f"{file}, line {line} repeats the code {row.code} of line {seen[row.code]}")
        seen[row.code] = line
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
