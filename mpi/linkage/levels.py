"""The level of each pair of records in each comparison: distinct values are compared once."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.agreement import TESTS, Sides
from mpi.linkage.model import Comparison, Level
from mpi.linkage.table import Column, Table

Pairs = tuple[NDArray[np.int32], NDArray[np.int32]]
Levels = NDArray[np.int8]
Holds = NDArray[np.bool_]

UNKNOWN: Final = -1
"""The level of a pair where one of the two has no value; it is worth nothing either way."""

Numbered = Sequence[tuple[int, Level]]


def levels(table: Table, comparison: Comparison, pairs: Pairs) -> Levels:
    """The number of the level that holds for each pair."""
    column = table.columns[comparison.column]
    one, other = column.codes[pairs[0]], column.codes[pairs[1]]
    wanted = [(number, level) for number, level in enumerate(comparison.levels) if level.test != "crossed"]
    result = np.full(len(one), UNKNOWN, np.int8)
    left = np.flatnonzero((one > 0) & (other > 0))
    while wanted and wanted[0][1].test in ("equal", "else"):
        (number, level), *wanted = wanted
        holds = (one[left] == other[left]) | (level.test == "else")
        result[left[holds]] = number
        left = left[~holds]
    if wanted and len(left):
        result[left] = _of_distinct(column, wanted, one[left], other[left])
    crossed = [number for number, level in enumerate(comparison.levels) if level.test == "crossed"]
    if crossed:
        swapped = _crossed(column, table.columns[comparison.partner], pairs)
        result[swapped & ((result > crossed[0]) | (result == UNKNOWN))] = crossed[0]
    return result


def _of_distinct(
    column: Column, wanted: Numbered, one: NDArray[np.int32], other: NDArray[np.int32]
) -> Levels:
    size = len(column.values)
    joint = np.minimum(one, other).astype(np.int64) * size + np.maximum(one, other)
    distinct, place = np.unique(joint, return_inverse=True)
    found = _of_values(Sides(column.values, distinct // size, distinct % size), wanted)
    return np.asarray(found[place])


def _of_values(sides: Sides, wanted: Numbered) -> Levels:
    result = np.full(len(sides), UNKNOWN, np.int8)
    left = np.arange(len(sides))
    for number, level in wanted:
        if not len(left):
            break
        asked = sides.at(left)
        if level.test in ("equal", "else"):
            holds = (asked.one == asked.other) | (level.test == "else")
        else:
            holds = TESTS[level.test](asked, level.bound)
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
