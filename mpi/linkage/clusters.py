"""Persons out of pairs: groups whose records agree on average, not whatever a chain of pairs connects.

Average linkage (Sokal, Michener 1958) on the weights of all pairs within each connected component: a weak
bridge between two persons is outweighed by the pairs across it that speak against.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Weights = NDArray[np.float64]

LARGEST: Final = 400
"""A larger component is cut by its stronger pairs alone until its parts are smaller."""

# No single pair may outweigh many: weights count up to this much.
_MOST: Final = 30.0


def components(size: int, one: Numbers, other: Numbers) -> Numbers:
    """The smallest number in the component of each of `size` records."""
    label = np.arange(size)
    while True:
        least = np.minimum(label[one], label[other])
        before = label.copy()
        np.minimum.at(label, one, least)
        np.minimum.at(label, other, least)
        np.minimum.at(label, before[one], least)
        np.minimum.at(label, before[other], least)
        label = label[label]
        if np.array_equal(label, before):
            return label


def small_components(size: int, one: Numbers, other: Numbers, weight: Weights) -> Numbers:
    """Components of at most LARGEST records: in the others ever stronger pairs are asked for."""
    label = components(size, one, other)
    at_least = float(weight.min(initial=0.0))
    while (np.bincount(label, minlength=size) > LARGEST).any():
        at_least += 2.0
        large = np.bincount(label, minlength=size)[label[one]] > LARGEST
        kept = ~large | (weight >= at_least)
        one, other, weight = one[kept], other[kept], weight[kept]
        label = components(size, one, other)
    return label


def members(label: Numbers) -> Iterator[Numbers]:
    """The records of each component of two or more."""
    order = np.argsort(label, kind="stable")
    _, starts, sizes = np.unique(label[order], return_index=True, return_counts=True)
    for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        yield order[start : start + size]


def inner_pairs(label: Numbers) -> tuple[Numbers, Numbers]:
    """Every pair within a component."""
    ones, others = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for records in members(label):
        one, other = np.triu_indices(len(records), 1)
        ones.append(records[one])
        others.append(records[other])
    return np.concatenate(ones), np.concatenate(others)


def average_linkage(weight: Weights, at_least: float, exclusive: NDArray[np.int8] | None = None) -> Numbers:
    """The group of each record of one component. `weight`: a symmetric matrix of all its pairs.

    Two groups are joined while the mean weight of the pairs across them is `at_least` or more; a pair of
    minus infinity keeps its groups apart. `exclusive`: the file of each record, where no file holds a person
    twice.
    """
    size = len(weight)
    mean = np.where(np.isneginf(weight), weight, np.clip(weight, -_MOST, _MOST))
    np.fill_diagonal(mean, -np.inf)
    if exclusive is not None:
        mean[exclusive[:, None] == exclusive[None, :]] = -np.inf
    count = np.ones(size)
    group = np.arange(size)
    while True:
        best = int(mean.argmax())
        one, other = divmod(best, size)
        if not mean[one, other] >= at_least:
            return group
        joined = (mean[one] * count[one] + mean[other] * count[other]) / (count[one] + count[other])
        joined[one] = -np.inf
        mean[one, :] = mean[:, one] = joined
        mean[other, :] = mean[:, other] = -np.inf
        count[one] += count[other]
        group[group == other] = one
