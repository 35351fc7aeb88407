"""What data-type functions see of a message: values that remember what was read of them.

A leaf counts as mapped when a function read it and its result reached a resource. Functions therefore read
only what they carry over, or what decides how; `has` asks without reading.
"""

import re
from collections.abc import Iterator

from adapters.hl7v2.escape import Delimiters
from adapters.hl7v2.parse import NULL, Segment

_NONE: frozenset[int] = frozenset()
_FIRST = frozenset((0, 1 << 8, 1 << 8 | 1))
_NOT_FHIR = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]+")


class Value:
    """One repetition of a field, or one component of it. Text comes out unescaped, without blanks around
    it; a null (`""`) comes out as "".

    `read` are the leaves that were read: `component << 8 | sub-component`, where sub-component 0 stands for
    all of a component and 0 for the whole repetition. `number` counts the repetitions from 1.
    """

    __slots__ = ("_component", "_delimiters", "_parts", "number", "raw", "read")

    def __init__(
        self,
        raw: str,
        delimiters: Delimiters,
        number: int = 1,
        component: int = 0,
        read: set[int] | None = None,
    ) -> None:
        self.raw = raw
        self.number = number
        self.read: set[int] = set() if read is None else read
        self._delimiters = delimiters
        self._component = component
        self._parts: list[str] | None = None

    def text(self, part: int) -> str:
        """A component (or, of a component, a sub-component) as one text."""
        raw = self._part(part)
        if not raw:
            return ""
        self.read.add(self._component << 8 | part if self._component else part << 8)
        return self._clean(raw)

    def whole(self) -> str:
        """All of it as one text, whatever separators the sender left in it."""
        self.read.add(self._component << 8)
        return self._clean(self.raw)

    def has(self, part: int) -> bool:
        """Whether a component is there and not null; this is not reading it."""
        raw = self._part(part)
        return bool(raw) and raw != NULL and not raw.isspace()

    def peek(self, part: int) -> str:
        """A component's text without reading it: for choices that leave no trace."""
        raw = self._part(part)
        return self._clean(raw) if raw else ""

    def sub(self, part: int) -> "Value":
        """A component as a value of its own, whose parts are its sub-components."""
        return Value(self._part(part), self._delimiters, self.number, part, self.read)

    def count(self) -> int:
        """How many parts there are."""
        return len(self._split())

    def pieces(self) -> Iterator[int]:
        """The parts that have content."""
        return (part for part in range(1, self.count() + 1) if self.has(part))

    def leaf(self, raw: str) -> str:
        """A leaf as sent, as text."""
        return self._clean(raw)

    def count_leaves(self) -> int:
        """How many leaves of a repetition have content."""
        delimiters = self._delimiters
        return sum(
            bool(leaf)
            for part in self.raw.split(delimiters.component)
            for leaf in part.split(delimiters.subcomponent)
        )

    def _part(self, part: int) -> str:
        parts = self._parts or self._split()
        return parts[part - 1] if part <= len(parts) else ""

    def _split(self) -> list[str]:
        if self._parts is None:
            delimiters = self._delimiters
            self._parts = self.raw.split(delimiters.subcomponent if self._component else delimiters.component)
        return self._parts

    def _clean(self, raw: str) -> str:
        if raw == NULL:
            return ""
        delimiters = self._delimiters
        if delimiters.escape in raw:
            raw = delimiters.unescape(raw)
        if not raw.isprintable():
            raw = _NOT_FHIR.sub("", raw)
        return raw.strip()


class Node:
    """A segment while it is translated. `kept` are the leaves of each repetition that reached a resource,
    `whole` the fields of which all have, with how many there are, `out` the fields of which the others are
    left out on purpose; `shape` says which fields have content; nodes of one `plan` have the same rows."""

    __slots__ = ("delimiters", "event", "fields", "kept", "kind", "out", "plan", "segment", "shape", "whole")

    def __init__(self, segment: Segment, delimiters: Delimiters, kind: str, event: str) -> None:
        self.segment = segment
        self.fields = segment.fields()
        self.kind = kind
        self.event = event
        self.kept: dict[tuple[int, int], frozenset[int]] | None = None
        self.whole: dict[int, int] = {}
        self.out: frozenset[int] = _NONE
        self.delimiters = delimiters
        self.shape = bytes(map(bool, self.fields))
        self.plan = (self.shape, kind, event)

    def keep(self, field: int, number: int, leaves: frozenset[int]) -> None:
        """These leaves of a repetition have reached a resource."""
        if self.kept is None:
            self.kept = {}
        known = self.kept.get((field, number))
        self.kept[field, number] = leaves if known is None else known | leaves

    def leave_out(self, field: int) -> None:
        self.out |= {field}

    @property
    def raw(self) -> tuple[str, ...]:
        """The content without the set id, by which two segments are the same."""
        return (self.segment.name, *self.fields[2:])

    def repetition(self, field: int, number: int) -> Value:
        """One repetition, counted from 1."""
        parts = self.fields[field].split(self.delimiters.repetition)
        return Value(parts[number - 1], self.delimiters, number)

    def values(self, field: int) -> list[Value]:
        """The repetitions that are not empty."""
        if field >= len(self.fields) or not (raw := self.fields[field]):
            return []
        delimiters = self.delimiters
        if delimiters.repetition not in raw:
            return [Value(raw, delimiters)]
        return [
            Value(part, delimiters, number)
            for number, part in enumerate(raw.split(delimiters.repetition), 1)
            if part
        ]


def leaves_of(raw: str, delimiters: Delimiters, read: frozenset[int]) -> int:
    """How many leaves a field of one repetition has, if `read` are all of them; else 0."""
    if not read or delimiters.repetition in raw:
        return 0
    if delimiters.component not in raw and delimiters.subcomponent not in raw:
        return int(not _FIRST.isdisjoint(read))
    count = 0
    for number, part in enumerate(raw.split(delimiters.component), 1):
        leaves = [n for n, leaf in enumerate(part.split(delimiters.subcomponent), 1) if leaf]
        if 0 not in read and number << 8 not in read and any(number << 8 | n not in read for n in leaves):
            return 0
        count += len(leaves)
    return count
