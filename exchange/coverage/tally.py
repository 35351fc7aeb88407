"""What became of the fields of messages, added up: a few dictionary look-ups a message. Pure.

https://docs.python.org/3/library/collections.html#collections.Counter

Names of segments and elements come from outside, so only so many of them are told apart.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, NamedTuple

from adapters.translation import Coverage, Residue, Translation

Disposition = Literal["message", "mapped", "ignored", "residue"]
# Of one hospital and type.
MOST: Final = 4096
LONGEST: Final = 200
OTHERS: Final = "(others)"
_PLACES: Final = re.compile(r"\[\d+\]")
# The field of an address in HL7 v2, with the number of its segment.
_FIELD: Final = re.compile(r"([A-Z][A-Z0-9]{2}(?:\[\d+\])?-\d+)(?:[\[.].*)?", re.ASCII)
# The separators are no fields that say anything.
_FIRST: Final = {"MSH": 3}


class Group(NamedTuple):
    """Whose messages, of what type, and on what day they were translated."""

    hospital: str
    message_type: str
    day: date


class Count(NamedTuple):
    """How often a field had this fate; the field "" stands for whole messages and all their values."""

    field: str
    disposition: Disposition
    reason: str
    number: int


@dataclass(slots=True)
class Tally:
    """Messages of one group; the `values` are leaves, the others fields."""

    messages: int = 0
    mapped: int = 0
    ignored: int = 0
    residue: int = 0
    present: Counter[tuple[str, bytes]] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def add(self, made: Translation) -> None:
        counted: Coverage = made.coverage
        self.messages += 1
        self.mapped += counted.mapped
        self.ignored += counted.ignored
        self.residue += counted.residue
        if len(self.present) < MOST:
            self.present.update(made.fields.present)
            self.left_out.update(made.fields.ignored)
            self.left.update(fields_of(made.residue))

    def counts(self) -> list[Count]:
        """All of it, each field once for a disposition and a reason."""
        whole = [
            Count("", "message", "", self.messages),
            Count("", "mapped", "", self.mapped),
            Count("", "ignored", "", self.ignored),
            Count("", "residue", "", self.residue),
        ]
        return [each for each in (*whole, *self._by_field()) if each.number]

    def _by_field(self) -> Iterator[Count]:
        found: Counter[str] = Counter()
        for (name, shape), number in self.present.items():
            for path in _paths(name, shape):
                found[path] += number
        for (path, _), number in self.left_out.items():
            found[path] -= number
        for path, number in self.left.items():
            found[path] -= number
        yield from _bounded(Count(path, "mapped", "", number) for path, number in found.items())
        told = ((path, reason, number) for (path, reason), number in self.left_out.items())
        yield from _bounded(Count(path, "ignored", reason, number) for path, reason, number in told)
        yield from _bounded(Count(path, "residue", "", number) for path, number in self.left.items())


def counts_of(made: Translation) -> list[Count]:
    """Of one message."""
    tally = Tally()
    tally.add(made)
    return tally.counts()


def fields_of(residue: Iterable[Residue]) -> list[str]:
    """The fields in which something is left over, each time that one stands in a message."""
    fields = dict.fromkeys(_field(each.path) for each in residue)
    return [_PLACES.sub("", path) for path in fields]


def _field(path: str) -> str:
    found = _FIELD.fullmatch(path)
    return found[1] if found else path


def _paths(name: str, shape: bytes) -> Iterator[str]:
    if not shape:
        yield name
        return
    for number in range(_FIRST.get(name, 1), len(shape)):
        if shape[number]:
            yield f"{name}-{number}"


def _bounded(counts: Iterable[Count]) -> Iterator[Count]:
    """Those that can be told apart, and the others together."""
    together: Counter[tuple[Disposition, str]] = Counter()
    told = 0
    for each in counts:
        if each.number <= 0:
            continue
        if told < MOST and len(each.field) <= LONGEST and "\0" not in each.field:
            told += 1
            yield each
        else:
            together[each.disposition, each.reason] += each.number
    for (disposition, reason), number in together.items():
        yield Count(OTHERS, disposition, reason, number)
