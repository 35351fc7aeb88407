"""How likely pairs are one person among the pairs that somebody asks about.

Who lists pairs lists persons who are alike: of one birth date and sex, often of one family. What agrees
there says less than between any two records of the file. Matches and others are told apart by the pairs
themselves, without labels (Winkler, Using the EM algorithm for weight computation, 1988).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.levels import UNKNOWN, Levels, Pairs, levels
from mpi.linkage.model import Comparison, Model
from mpi.linkage.table import Table

Weights = NDArray[np.float64]
Chances = tuple[Weights, Weights]
"""m and u by level."""

_ROUNDS: Final = 200
_STILL: Final = 1e-6
_LEAST: Final = 1e-7
_EVEN: Final = 0.5
# Pairs that the chances of the whole file are worth: few listed pairs change little.
_TRUST: Final = 25.0


def weights_among(table: Table, model: Model, pairs: Pairs) -> Weights:
    """log2 of the odds that the records of each of these pairs are one person, by these pairs alone."""
    if not len(pairs[0]):
        return np.empty(0)
    used = _each_told_once(model.comparisons)
    seen = [levels(table, each, pairs) for each in used]
    before = [(_shares(each, "m"), _shares(each, "u")) for each in used]
    found, share, odds = before, _EVEN, np.empty(0)
    for _ in range(_ROUNDS):
        odds = _odds(len(pairs[0]), seen, found, share)
        matching = 1 / (1 + np.exp2(-np.clip(odds, -700, 700)))
        last, share = share, float(np.clip(matching.mean(), _LEAST, 1 - _LEAST))
        if abs(share - last) < _STILL * share:
            break
        found = [
            (_counted(column, matching, m), _counted(column, 1 - matching, u))
            for column, (m, u) in zip(seen, before, strict=True)
        ]
    return odds


def _each_told_once(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Without what repeats other columns, as a postcode does where an address stands: pairs would fall into
    those that agree in it and those that do not, whoever they are."""
    repeated = "postcode" if any(each.kind == "address" for each in comparisons) else ""
    return [each for each in comparisons if not each.within and each.kind != repeated]


def _shares(comparison: Comparison, which: str) -> Weights:
    found = np.asarray([getattr(level, which) for level in comparison.levels])
    return np.asarray(found / found.sum())


def _odds(size: int, seen: Sequence[Levels], chances: Sequence[Chances], share: float) -> Weights:
    odds = np.full(size, np.log2(share / (1 - share)))
    for column, (m, u) in zip(seen, chances, strict=True):
        odds += np.append(np.log2(m / u), 0.0)[column]
    return odds


def _counted(column: Levels, weights: Weights, before: Weights) -> Weights:
    known = column != UNKNOWN
    counted = np.bincount(column[known], weights[known], minlength=len(before)) + _TRUST * before
    return np.asarray(np.maximum(counted / counted.sum(), _LEAST))
