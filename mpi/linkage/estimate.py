"""Training: u from random pairs, m and the prior by expectation maximisation.

Dempster, Laird, Rubin (1977) over the patterns of levels among the candidates; Winkler (2000) for linkage.
What humans said of pairs takes the place of what is only likely of them; without that it goes as well.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from mpi.linkage.candidates import candidates
from mpi.linkage.levels import UNKNOWN, Levels, Pairs, levels
from mpi.linkage.model import Comparison, Level, Model
from mpi.linkage.table import Table

Weights = NDArray[np.float64]


class Told(NamedTuple):
    """Pairs of records that humans judged, by their places in the table, and whether each is one person."""

    pairs: Pairs
    is_match: NDArray[np.bool_]


RANDOM_PAIRS: Final = 500_000
_TRAINED_PAIRS: Final = 2_000_000
_PAIRS_OF_RULE: Final = 100_000
_FEWEST: Final = 20
_ROUNDS: Final = 200
_STILL: Final = 1e-6
# Pairs that the starting values of m are worth: few data change little.
_TRUST: Final = 25.0
_LEAST: Final = 1e-7
# Numbers of patterns stay below.
_WIDEST: Final = 1 << 62
# Whoever asks a human does not know.
_EVEN: Final = 0.5


def train(
    table: Table, model: Model, seed: int = 0, told: Told | None = None, most: int = _TRAINED_PAIRS
) -> Model:
    """The model with m, u and the prior of these records; `told` is what humans said of some pairs. The share
    of matches is estimated from `most` candidates."""
    draw = np.random.default_rng(seed)
    random = _random_pairs(table, draw)
    drawn = [levels(table, each, random) for each in model.comparisons]
    us = [_shares(one, len(each.levels)) for one, each in zip(drawn, model.comparisons, strict=True)]
    counted = _counted_by_rules(table, model, us, draw)
    every = candidates(table, model.blocking)
    pairs = _sampled(every, most, draw)
    patterns = _patterns(_all_levels(table, model.comparisons, pairs))
    ms = list(map(_shared, counted))
    if told is not None and len(told.is_match):
        ms = _m_as_told(counted, _all_levels(table, model.comparisons, told.pairs), told.is_match, ms, us)
    prior = _prior(table, len(every[0]), _share(patterns, ms, us))
    # Random pairs of small files hold matches too: they are taken out again by what is known by now.
    clean = _posterior(drawn, ms, us, prior)
    us = [_shares(one, len(u), 1 - clean) for one, u in zip(drawn, us, strict=True)]
    comparisons = tuple(map(_with, model.comparisons, ms, us))
    return msgspec.structs.replace(model, comparisons=comparisons, prior=prior, trained_on=len(table))


def _m_as_told(
    counted: Sequence[Weights],
    seen: Sequence[Levels],
    is_match: NDArray[np.bool_],
    ms: Sequence[Weights],
    us: Sequence[Weights],
) -> list[Weights]:
    """m where the pairs that humans judged count as what they are, not as what they seemed."""
    surplus = is_match.astype(float) - _posterior(seen, ms, us, _EVEN)
    found = []
    for before, column in zip(counted, seen, strict=True):
        known = column != UNKNOWN
        change = np.bincount(column[known], surplus[known], minlength=len(before))
        found.append(_shared(np.maximum(before + change, _LEAST * before.sum())))
    return found


def _shared(counted: Weights) -> Weights:
    return np.asarray(np.maximum(counted / counted.sum(), _LEAST))


def _counted_by_rules(
    table: Table, model: Model, us: Sequence[Weights], draw: np.random.Generator
) -> list[Weights]:
    """Matches at each level, by comparison: each rule's pairs tell of the columns that the rule does not hold
    equal."""
    counted = [_TRUST * np.asarray([level.m for level in each.levels]) for each in model.comparisons]
    for rule in model.blocking:
        pairs = _sampled(candidates(table, [rule]), _PAIRS_OF_RULE, draw)
        held = {key.partition(":")[0] for key in rule}
        free = [at for at, each in enumerate(model.comparisons) if not held & {each.column, *each.within}]
        if len(pairs[0]) < _FEWEST or len(free) < 2:
            continue
        seen = _all_levels(table, [model.comparisons[at] for at in free], pairs)
        starts = [np.asarray([level.m for level in model.comparisons[at].levels]) for at in free]
        found, share = _maximised(_patterns(seen), starts, [us[at] for at in free])
        for at, m in zip(free, found, strict=True):
            counted[at] += m * share * len(pairs[0])
    return counted


def _all_levels(table: Table, comparisons: Sequence[Comparison], pairs: Pairs) -> list[Levels]:
    return [levels(table, comparison, pairs) for comparison in comparisons]


def _share(patterns: tuple[NDArray[np.int8], Weights], ms: Sequence[Weights], us: Sequence[Weights]) -> float:
    """The share of matches among the candidates when m and u are known."""
    distinct, counts = patterns
    share = 0.1
    for _ in range(_ROUNDS if counts.size else 0):
        before, share = (
            share,
            float((_posterior(list(distinct.T), ms, us, share) * counts).sum() / counts.sum()),
        )
        share = float(np.clip(share, 1e-9, 1 - 1e-9))
        if abs(share - before) < _STILL * share:
            break
    return share


def _with(comparison: Comparison, m: Weights, u: Weights) -> Comparison:
    made = tuple(
        Level(level.test, level.bound, float(one), float(other))
        for level, one, other in zip(comparison.levels, m, u, strict=True)
    )
    return msgspec.structs.replace(comparison, levels=made)


def possible_pairs(table: Table) -> int:
    one, two = (int((table.source == number).sum()) for number in (0, 1))
    return one * two if two else one * (one - 1) // 2


def _prior(table: Table, candidates: int, share: float) -> float:
    return float(np.clip(share * candidates / max(possible_pairs(table), 1), 1e-12, 0.5))


def _random_pairs(table: Table, draw: np.random.Generator) -> Pairs:
    size = len(table)
    wanted = RANDOM_PAIRS if size else 0
    one, other = (draw.integers(0, max(size, 1), wanted, np.int32) for _ in range(2))
    kept = one != other
    if table.source.any():
        kept &= table.source[one] != table.source[other]
    return one[kept], other[kept]


def _sampled(pairs: Pairs, most: int, draw: np.random.Generator) -> Pairs:
    if len(pairs[0]) <= most:
        return pairs
    at = draw.choice(len(pairs[0]), most, replace=False)
    return pairs[0][at], pairs[1][at]


def _shares(found: Levels, size: int, weights: Weights | None = None) -> Weights:
    """The share of each level among pairs that both have a value, never quite none."""
    known = found != UNKNOWN
    counted = np.bincount(found[known], None if weights is None else weights[known], minlength=size)
    return np.asarray(np.maximum((counted + 0.05) / (counted.sum() + 0.05 * size), _LEAST))


def _patterns(seen: Sequence[Levels]) -> tuple[NDArray[np.int8], Weights]:
    """Each pattern of levels, as a row, and how many pairs have it."""
    joint, bound = np.zeros(len(seen[0]), np.int64), 1
    for column in seen:
        size = int(column.max(initial=0)) + 2
        if bound * size > _WIDEST:
            known, joint = np.unique(joint, return_inverse=True)
            bound = len(known)
        joint, bound = joint * size + (column + 1), bound * size
    _, first, counts = np.unique(joint, return_index=True, return_counts=True)
    return np.stack([column[first] for column in seen], axis=1), counts.astype(float)


def _posterior(seen: Sequence[Levels], ms: Sequence[Weights], us: Sequence[Weights], share: float) -> Weights:
    odds = np.full(len(seen[0]), np.log(share / (1 - share)))
    for found, m, u in zip(seen, ms, us, strict=True):
        odds += np.append(np.log(m / u), 0.0)[found]
    result: Weights = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return result


def _maximised(
    patterns: tuple[NDArray[np.int8], Weights], starts: Sequence[Weights], us: Sequence[Weights]
) -> tuple[list[Weights], float]:
    """m by comparison, and the share of matches among the candidates."""
    distinct, counts = patterns
    columns = list(distinct.T)
    ms, share = list(starts), 0.1
    for _ in range(_ROUNDS):
        matching = _posterior(columns, ms, us, share) * counts
        before, share = share, float(np.clip(matching.sum() / counts.sum(), 1e-9, 1 - 1e-9))
        ms = [_m(found, matching, start) for found, start in zip(columns, starts, strict=True)]
        if abs(share - before) < _STILL * share:
            break
    return ms, share


def _m(found: Levels, matching: Weights, start: Weights) -> Weights:
    known = found != UNKNOWN
    counted = np.bincount(found[known], matching[known], minlength=len(start)) + _TRUST * start
    return np.asarray(np.maximum(counted / counted.sum(), _LEAST))
