"""Precision, recall and F1 of persons found, by pairs of records and by whole persons."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """`persons` is the F1 of persons that were found whole, with no record more or less (of two or more)."""

    precision: float
    recall: float
    persons: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def figures(found: Sequence[Hashable], truth: Sequence[Hashable], source: Sequence[int]) -> Figures:
    """With two files only pairs across them count."""
    right = _pairs(list(zip(found, truth, strict=True)), source)
    ours, theirs = _pairs(found, source), _pairs(truth, source)
    return Figures(right / max(ours, 1), right / max(theirs, 1), _whole(found, truth))


def _pairs(labels: Sequence[Hashable], source: Sequence[int]) -> int:
    total = _within(Counter(labels))
    if not any(source):
        return total
    return total - _within(Counter(zip(labels, source, strict=True)))


def _within(sizes: Counter[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _whole(found: Sequence[Hashable], truth: Sequence[Hashable]) -> float:
    ours, theirs = _groups(found), _groups(truth)
    return 2 * len(ours & theirs) / max(len(ours) + len(theirs), 1)


def _groups(labels: Sequence[Hashable]) -> set[frozenset[int]]:
    members: dict[Hashable, set[int]] = {}
    for number, label in enumerate(labels):
        members.setdefault(label, set()).add(number)
    return {frozenset(numbers) for numbers in members.values() if len(numbers) > 1}
