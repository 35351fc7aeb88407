"""Which concept is above which: parents and children of numbered concepts, walked without recursion.

https://hl7.org/fhir/R4/codesystem.html#hierarchy
"""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from pyroaring import BitMap, FrozenBitMap

# Descendants of a concept that are remembered, by the size of what was walked.
REMEMBERED: Final = 512
NONE: Final = FrozenBitMap()


class Hierarchy:
    """Edges between numbers from 0 to `size`; cycles are walked once."""

    __slots__ = ("_below", "_child", "_child_at", "_parent", "_parent_at", "roots", "size")

    def __init__(self, size: int, edges: Iterable[tuple[int, int]]) -> None:
        """`edges` are (parent, child)."""
        known = dict.fromkeys(edges)
        self.size = size
        self._child_at, self._child = _grouped(size, known)
        self._parent_at, self._parent = _grouped(size, ((child, parent) for parent, child in known))
        self._below: dict[int, FrozenBitMap] = {}
        at = self._parent_at
        self.roots: FrozenBitMap = FrozenBitMap(
            number for number in range(size) if at[number] == at[number + 1]
        )

    def __bool__(self) -> bool:
        return bool(self._child)

    def children(self, number: int) -> Sequence[int]:
        return self._child[self._child_at[number] : self._child_at[number + 1]]

    def parents(self, number: int) -> Sequence[int]:
        return self._parent[self._parent_at[number] : self._parent_at[number + 1]]

    def below(self, number: int) -> FrozenBitMap:
        """All descendants, without itself."""
        found = self._below.get(number)
        if found is not None:
            return found
        if not self.children(number):
            return NONE
        found = self._below[number] = _walked(self._child_at, self._child, number)
        if len(self._below) > REMEMBERED:
            self._below.pop(next(iter(self._below)), None)
        return found

    def above(self, number: int) -> FrozenBitMap:
        """All ancestors, without itself."""
        return _walked(self._parent_at, self._parent, number)

    def is_below(self, number: int, ancestor: int) -> bool:
        known = self._below.get(ancestor)
        if known is not None:
            return number in known
        return _reaches(self._parent_at, self._parent, number, ancestor)

    @property
    def leaves(self) -> BitMap:
        at = self._child_at
        return BitMap(number for number in range(self.size) if at[number] == at[number + 1])


def _grouped(size: int, pairs: Iterable[tuple[int, int]]) -> tuple["array[int]", "array[int]"]:
    """The second of each pair, grouped by the first: where each group starts, and all of them."""
    listed = list(pairs)
    starts = array("i", bytes(4 * (size + 1)))
    for first, _ in listed:
        starts[first + 1] += 1
    for number in range(size):
        starts[number + 1] += starts[number]
    filled, at = array("i", bytes(4 * len(listed))), array("i", starts)
    for first, second in listed:
        filled[at[first]] = second
        at[first] += 1
    return starts, filled


def _walked(starts: "array[int]", to: "array[int]", number: int) -> FrozenBitMap:
    seen: set[int] = set()
    waiting = [number]
    while waiting:
        current = waiting.pop()
        for each in to[starts[current] : starts[current + 1]]:
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    seen.discard(number)
    return FrozenBitMap(seen)


def _reaches(starts: "array[int]", to: "array[int]", number: int, wanted: int) -> bool:
    """Whether the walk comes to another one."""
    seen: set[int] = set()
    waiting = [number]
    while waiting:
        current = waiting.pop()
        for each in to[starts[current] : starts[current + 1]]:
            if each == wanted:
                return number != wanted
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return False
