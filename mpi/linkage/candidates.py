"""Pairs of records worth comparing: those that share a blocking key. The rules are data, or chosen here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.keys import key_column
from mpi.linkage.levels import Pairs
from mpi.linkage.table import Table

Numbers = NDArray[np.int64]

GROUP: Final = 400
"""A key that more records share is left to the rules that ask for more."""

# Pairs that one rule and all rules together may bring, for each record.
_PER_RULE: Final = 12
_PER_RECORD: Final = 80

_FORMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("", ":sound", ":4"),
        "text": ("", ":word"),
        "address": ("", ":word"),
        "date": ("", ":year", ":month-day"),
        "identifier": ("", ":4"),
        "citizen-id": ("",),
        "phone": ("", ":last"),
        "postcode": ("",),
        "category": ("",),
        "sex": (),
    }
)


def candidates(table: Table, rules: Iterable[Sequence[str]], group: int = GROUP) -> Pairs:
    """The pairs of all rules, each once, the smaller number first; of two files only pairs across them."""
    size = len(table)
    found = [np.empty(0, np.int64)]
    for rule in rules:
        one, other = _pairs(_joint(table, rule), group)
        if table.source.any():
            across = table.source[one] != table.source[other]
            one, other = one[across], other[across]
        found.append(np.minimum(one, other) * size + np.maximum(one, other))
    joint = np.sort(np.concatenate(found))
    joint = joint[np.diff(joint, prepend=-1) > 0]
    return (joint // size).astype(np.int32), (joint % size).astype(np.int32)


def rules_for(table: Table, kinds: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Rules of one to three keys that bring few pairs for each record: the cheapest, none within another."""
    keys = [f"{column}{form}" for column, kind in kinds.items() for form in _FORMS[kind]]
    chosen: list[tuple[str, ...]] = []
    left = _PER_RECORD * len(table)
    for size in (1, 2, 3):
        costs = sorted((_cost(table, rule), rule) for rule in _rules(keys, size, chosen))
        for cost, rule in costs:
            if 0 < cost <= min(_PER_RULE * len(table), left):
                chosen.append(rule)
                left -= cost
        if len(chosen) > 12:
            break
    return tuple(chosen)


def _rules(keys: Sequence[str], size: int, chosen: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    for rule in combinations(keys, size):
        columns = {key.partition(":")[0] for key in rule}
        if len(columns) == size and not any(set(shorter) <= set(rule) for shorter in chosen):
            yield rule


def _cost(table: Table, rule: Sequence[str]) -> int:
    """The pairs that a rule brings."""
    keys = _joint(table, rule)
    _, sizes = np.unique(keys[keys >= 0], return_counts=True)
    kept = sizes[sizes <= GROUP].astype(np.int64)
    if (sizes > GROUP).sum() * GROUP > len(table) // 2:
        return 0  # most of its groups are too large: it would say nothing
    return int((kept * (kept - 1) // 2).sum())


def _joint(table: Table, rule: Sequence[str]) -> Numbers:
    """A number for each record's value of the whole rule; -1 where a part is missing."""
    joint = np.zeros(len(table), np.int64)
    missing = np.zeros(len(table), np.bool_)
    for key in rule:
        column = key_column(table, key)
        missing |= column.codes == 0
        _, joint = np.unique(joint * len(column.values) + column.codes, return_inverse=True)
    joint[missing] = -1
    return joint


def _pairs(keys: Numbers, group: int) -> tuple[Numbers, Numbers]:
    order = np.argsort(keys, kind="stable")
    order = order[keys[order] >= 0]
    if not len(order):
        return order, order
    _, sizes = np.unique(keys[order], return_counts=True)
    end = np.repeat(np.cumsum(sizes), sizes)
    at = np.flatnonzero(np.repeat((sizes > 1) & (sizes <= group), sizes))
    ones, others = [], []
    for distance in range(1, group):
        at = at[at + distance < end[at]]
        if not len(at):
            break
        ones.append(order[at])
        others.append(order[at + distance])
    if not ones:
        return order[:0], order[:0]
    return np.concatenate(ones), np.concatenate(others)
