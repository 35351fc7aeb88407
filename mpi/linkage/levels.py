"""The level of each pair of records in each comparison: distinct values are compared once."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from mpi.citizen_id import citizen_id
from mpi.linkage import dates
from mpi.linkage.model import Comparison, Level
from mpi.linkage.table import Column, Table
from mpi.names import is_near
from mpi.nicknames import are_variants
from mpi.pinyin import pinyin, pinyin_keys

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
Levels = NDArray[np.int8]
Holds = NDArray[np.bool_]
Texts = Sequence[str]

UNKNOWN: Final = -1
"""The level of a pair where one of the two has no value; it is worth nothing either way."""


def levels(table: Table, comparison: Comparison, pairs: Pairs) -> Levels:
    """The number of the level that holds for each pair."""
    column = table.columns[comparison.column]
    one, other = column.codes[pairs[0]], column.codes[pairs[1]]
    low, high = np.minimum(one, other), np.maximum(one, other)
    joint = low.astype(np.int64) * len(column.values) + high
    distinct, place = np.unique(joint, return_inverse=True)
    found = _of_values(
        column, comparison.levels, distinct // len(column.values), distinct % len(column.values)
    )
    result: Levels = found[place]
    crossed = [number for number, level in enumerate(comparison.levels) if level.test == "crossed"]
    if crossed:
        swapped = _crossed(column, table.columns[comparison.partner], pairs)
        result[swapped & ((result > crossed[0]) | (result == UNKNOWN))] = crossed[0]
    return result


def _of_values(
    column: Column, wanted: Sequence[Level], one: NDArray[np.int64], other: NDArray[np.int64]
) -> Levels:
    result = np.full(len(one), UNKNOWN, np.int8)
    left = np.flatnonzero((one > 0) & (other > 0))
    for number, level in enumerate(wanted):
        if level.test == "crossed" or not len(left):
            continue
        if level.test in ("equal", "else"):
            holds = (one[left] == other[left]) | (level.test == "else")
        else:
            texts = [[column.values[code] for code in codes[left].tolist()] for codes in (one, other)]
            holds = TESTS[level.test](texts[0], texts[1], level.bound)
        result[left[holds]] = number
        left = left[~holds]
    return result


def _crossed(column: Column, partner: Column, pairs: Pairs) -> Holds:
    """Whether one record's value stands in the other's partner column, and not in its own."""
    numbers = {value: code for code, value in enumerate(column.values)}
    numbers[""] = -1
    theirs = np.asarray([numbers.get(value, -1) for value in partner.values], np.int32)[partner.codes]
    own = column.codes
    one, other = pairs
    found: Holds = (own[one] == theirs[other]) | (own[other] == theirs[one])
    same_inside = (own[one] == theirs[one]) | (own[other] == theirs[other])
    return np.asarray(found & ~same_inside)


def _jaro_winkler(one: Texts, other: Texts, bound: float) -> Holds:
    found = process.cpdist(
        one, other, scorer=JaroWinkler.normalized_similarity, score_cutoff=bound, dtype=np.float32
    )
    return np.asarray(found >= np.float32(bound))


def _tokens(one: Texts, other: Texts, bound: float) -> Holds:
    """The same words in another order, some left out."""
    found = process.cpdist(
        one, other, scorer=fuzz.token_set_ratio, score_cutoff=100 * bound, dtype=np.float32
    )
    return np.asarray(found >= 100 * bound)


def _edits(one: Texts, other: Texts, bound: float) -> Holds:
    """Insertions, deletions, changes, and neighbours that have changed places."""
    found = process.cpdist(one, other, scorer=OSA.distance, score_cutoff=int(bound), dtype=np.int32)
    return np.asarray(found <= bound)


def _each(holds: Callable[[str, str], bool]) -> Callable[[Texts, Texts, float], Holds]:
    def test(one: Texts, other: Texts, bound: float) -> Holds:
        return np.fromiter(map(holds, one, other), np.bool_, len(one))

    return test


def _sound(one: str, other: str) -> bool:
    """Two Chinese names, or one and its letters (`宋良山`, `Liangshan Song`)."""
    chinese = (one[:1] > "\u2fff") + (other[:1] > "\u2fff")
    if chinese == 2:
        return pinyin(one) == pinyin(other)
    return chinese == 1 and not set(pinyin_keys(one)).isdisjoint(pinyin_keys(other))


def _both_valid(one: str, other: str) -> bool:
    """Two numbers for life, neither mistyped."""
    return citizen_id(one) is not None and citizen_id(other) is not None


def _near(one: Texts, other: Texts, bound: float) -> Holds:
    """One character is another, or one more."""
    return np.fromiter(map(is_near, one, other), np.bool_, len(one))


def _beginning(one: Texts, other: Texts, bound: float) -> Holds:
    size = int(bound)
    return np.fromiter((a[:size] == b[:size] for a, b in zip(one, other, strict=True)), np.bool_, len(one))


def _part(one: Texts, other: Texts, bound: float) -> Holds:
    """One is the end of the other, as the last four digits of a number."""
    size = int(bound)
    ends = (
        min(len(a), len(b)) >= size and (a.endswith(b) or b.endswith(a))
        for a, b in zip(one, other, strict=True)
    )
    return np.fromiter(ends, np.bool_, len(one))


def _ending(one: Texts, other: Texts, bound: float) -> Holds:
    size = int(bound)
    return np.fromiter((a[-size:] == b[-size:] for a, b in zip(one, other, strict=True)), np.bool_, len(one))


TESTS: Final[Mapping[str, Callable[[Texts, Texts, float], Holds]]] = MappingProxyType(
    {
        "jaro-winkler": _jaro_winkler,
        "tokens": _tokens,
        "edits": _edits,
        "sound": _each(_sound),
        "near": _near,
        "both-valid": _each(_both_valid),
        "variant": _each(are_variants),
        "beginning": _beginning,
        "part": _part,
        "ending": _ending,
        "year": _each(lambda one, other: one[:4] == other[:4]),
        "as-far-as-known": dates.as_far_as_known,
        "slip": dates.slip,
        "swapped": dates.swapped,
        "default-day": dates.default_day,
        "lunar": dates.lunar,
    }
)
"""What a level may ask of two different values; `equal`, `crossed` and `else` need no look at the texts."""
