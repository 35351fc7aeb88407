"""The guards of files that tell of residents of China, beside those of the map: as `mpi.compare` has them.

In a name of two or three characters a slip is as near as a sister, whose birth date, address and telephone
may be the same; a number for life is stronger than any weight, and a child may stand under its mother's.
"""

from collections.abc import Iterator
from typing import Final

from mpi.linkage.columns import Map, labels_of
from mpi.linkage.model import Guard
from mpi.linkage.table import Column, Table
from mpi.normalisation.names import is_chinese

When = dict[str, tuple[str, ...]]

_SAME_NAME: Final = ("equal", "crossed")
_ANOTHER_DAY: Final = ("edits 2", "year", "else")


def guards_for(table: Table, found: Map) -> tuple[Guard, ...]:
    """Of a file whose names are Chinese, by what its columns are; none of another."""
    names = [name for name in _of(found, "name") if _is_chinese(table.columns[name])]
    if not names:
        return ()
    numbers: When = {name: _but(found, name, "equal") for name in _of(found, "citizen-id")}
    cards: When = {name: _but(found, name, "equal") for name in _of(found, "identifier")}
    return (
        *_by_number(found, names),
        *_by_name(found, names, numbers, cards),
        *_by_rest(found, numbers, cards),
    )


def _by_number(found: Map, names: list[str]) -> Iterator[Guard]:
    for number in _of(found, "citizen-id"):
        for name in names:
            other = _but(found, name, *_SAME_NAME, "unknown")
            yield Guard("two-people", {number: ("both-valid",), name: other}, "apart")
        yield Guard("different-citizen-ids", {number: ("both-valid",)})
        for name in names:
            other = _but(found, name, *_SAME_NAME, "sound")
            for born in _days(found):
                day = _but(found, born, "equal", "as-far-as-known")
                yield Guard("borrowed-citizen-id", {number: ("equal",), name: other, born: day}, "outvoted")


def _by_name(found: Map, names: list[str], numbers: When, cards: When) -> Iterator[Guard]:
    for name in names:
        other = _but(found, name, *_SAME_NAME, "sound", "unknown")
        yield Guard("another-name", {name: other} | numbers, "outvoted")
        yield Guard("no-more-than-a-sound", {name: ("sound", "unknown")} | numbers | cards, "outvoted")


def _by_rest(found: Map, numbers: When, cards: When) -> Iterator[Guard]:
    for sex in _of(found, "sex"):
        yield Guard("different-sex", {sex: ("else",)} | numbers, "outvoted")
    for born in _days(found):
        yield Guard("another-birth-date", {born: _ANOTHER_DAY} | numbers | cards, "outvoted")


def _of(found: Map, kind: str) -> list[str]:
    return [name for name, told in found.kinds.items() if told == kind]


def _days(found: Map) -> list[str]:
    """The birth date; where there are several dates nobody knows which."""
    dates = _of(found, "date")
    return dates if len(dates) == 1 else []


def _but(found: Map, name: str, *left_out: str) -> tuple[str, ...]:
    """The levels of a column, and that nothing is known, without these."""
    return tuple(label for label in labels_of(found, name) if label not in left_out)


def _is_chinese(column: Column) -> bool:
    """Most of its values."""
    known = column.values[1:]
    return 2 * sum(map(is_chinese, known)) > len(known)
