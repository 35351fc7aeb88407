"""The weight of pairs of records: log2 of the odds that both are one person, and what each column adds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.levels import UNKNOWN, Levels, Pairs, levels
from mpi.linkage.model import Comparison, Guard, Model
from mpi.linkage.table import Column, Table

Weights = NDArray[np.float64]

_CHUNK: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Scored:
    """`weight` of each pair with the prior in it; `guarded`: the number of the guard that holds, or -1."""

    pairs: Pairs
    weight: Weights
    guarded: NDArray[np.int8]


def prior_weight(model: Model) -> float:
    return float(np.log2(model.prior / (1 - model.prior)))


def probability(weight: Weights) -> Weights:
    found: Weights = 1 / (1 + np.exp2(-np.clip(weight, -1000, 1000)))
    return found


def weight_of(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


def score(table: Table, model: Model, pairs: Pairs) -> Scored:
    """In chunks, so that memory is bounded by the pairs themselves."""
    frequencies = frequencies_of(table, model)
    total, guarded = [np.empty(0)], [np.empty(0, np.int8)]
    for start in range(0, len(pairs[0]), _CHUNK):
        part = (pairs[0][start : start + _CHUNK], pairs[1][start : start + _CHUNK])
        seen = {each.column: levels(table, each, part) for each in model.comparisons}
        found = weights_told_once(table, model, frequencies, part, seen)
        total.append(np.sum(found, axis=0) + prior_weight(model))
        guarded.append(guards(model, seen, len(part[0])))
    return Scored(pairs, np.concatenate(total), np.concatenate(guarded))


def weights_told_once(
    table: Table, model: Model, frequencies: Mapping[str, Weights], pairs: Pairs, seen: Mapping[str, Levels]
) -> list[Weights]:
    """What each comparison adds to the weight of each pair. A whole name and its parts say the same: the one
    that says more of the pair counts, the other is worth nothing."""
    found = {
        each.column: weights(table, each, frequencies, pairs, seen[each.column]) for each in model.comparisons
    }
    for sides in _told_twice(model.comparisons):
        most = np.stack([_said(side, found, seen) for side in sides]).argmax(axis=0)
        for number, side in enumerate(sides):
            for name in side:
                found[name] = np.where(most == number, found[name], 0.0)
    return list(found.values())


def _told_twice(comparisons: Sequence[Comparison]) -> Iterator[list[tuple[str, ...]]]:
    """Columns that say the same in several ways: parts of one whole, or wholes of the same parts."""
    for within in dict.fromkeys(each.within for each in comparisons if each.within):
        repeating = tuple(each.column for each in comparisons if each.within == within)
        wholes = [repeating] if len(within) == 1 else [(name,) for name in repeating]
        yield [*wholes, within]


def _said(side: Sequence[str], found: Mapping[str, Weights], seen: Mapping[str, Levels]) -> Weights:
    """By these columns together; minus infinity where a pair tells none of them."""
    known = np.any([seen[name] != UNKNOWN for name in side], axis=0)
    said: Weights = np.where(known, np.sum([found[name] for name in side], axis=0), -np.inf)
    return said


def weights(
    table: Table, comparison: Comparison, frequencies: Mapping[str, Weights], pairs: Pairs, found: Levels
) -> Weights:
    """What one column adds to the weight of each pair, for the level found there."""
    table_of_levels = np.asarray([np.log2(level.m / level.u) for level in comparison.levels] + [0.0])
    result: Weights = table_of_levels[found]
    if comparison.frequencies and comparison.levels[0].test == "equal":
        equal = np.flatnonzero(found == 0)
        shares = frequencies[comparison.column][table.columns[comparison.column].codes[pairs[0][equal]]]
        result[equal] = np.log2(comparison.levels[0].m / shares)
    return result


def frequencies_of(table: Table, model: Model) -> dict[str, Weights]:
    """The share of each value of the table's columns: the model's, or the table's own if it has none."""
    wanted = [comparison.column for comparison in model.comparisons if comparison.frequencies]
    return {name: _frequencies(table.columns[name], model.frequencies.get(name)) for name in wanted}


def _frequencies(column: Column, known: Mapping[str, float] | None) -> Weights:
    if known is None:
        return np.maximum(column.frequencies, 1 / max(len(column.codes), 2))
    rarest = known.get("", 1.0)
    return np.asarray([known.get(value, rarest) for value in column.values])


def guards_that(model: Model, *effects: str) -> list[int]:
    """The numbers of the guards of these effects."""
    return [number for number, guard in enumerate(model.guards) if guard.effect in effects]


def guards(model: Model, seen: Mapping[str, Levels], size: int) -> NDArray[np.int8]:
    found = np.full(size, -1, np.int8)
    for number, guard in enumerate(model.guards):
        found[_holds(model.comparisons, guard, seen, size) & (found < 0)] = number
    return found


def _holds(
    comparisons: Sequence[Comparison], guard: Guard, seen: Mapping[str, Levels], size: int
) -> NDArray[np.bool_]:
    holds = np.ones(size, np.bool_)
    by_column = {comparison.column: comparison for comparison in comparisons}
    for column, labels in guard.when.items():
        numbers = [at for at, level in enumerate(by_column[column].levels) if level.label in labels]
        numbers += [UNKNOWN] if "unknown" in labels else []
        holds &= np.isin(seen[column], numbers)
    return holds
