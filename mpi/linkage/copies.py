"""Records that are alike in every column, as the rows of a table of visits are: of many, a few are looked at.

The pairs of copies grow with the square of their number: a record that is repeated some hundreds of times
would be all that is seen of its file.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.table import Column, Table

Numbers = NDArray[np.int64]

FEW: Final = 10
"""So many of those that are alike are looked at: they tell how often records of one person are equal."""

_SEED: Final = 0


def originals(table: Table) -> Numbers:
    """For each record the one that is looked at: itself, or, after the first FEW of those that are alike, the
    first of them. Records of two files are not alike."""
    first = _first_alike(table)
    order = np.argsort(first, kind="stable")
    _, starts, sizes = np.unique(first[order], return_index=True, return_counts=True)
    place = np.empty(len(table), np.int64)
    place[order] = np.arange(len(table)) - np.repeat(starts, sizes)
    return np.where(place < FEW, np.arange(len(table)), first)


def rows(table: Table, numbers: Numbers) -> Table:
    columns = {name: Column(each.values, each.codes[numbers]) for name, each in table.columns.items()}
    return Table(columns, table.source[numbers])


def without_copies(table: Table) -> Table:
    """Of those that are alike the first few."""
    kept = np.unique(originals(table))
    return table if len(kept) == len(table) else rows(table, kept)


def _first_alike(table: Table) -> Numbers:
    """For each record the first that has the same values: by one number mixed from all, then looked at."""
    columns = [
        table.source.astype(np.uint64),
        *(each.codes.astype(np.uint64) for each in table.columns.values()),
    ]
    odd = np.random.default_rng(_SEED).integers(1 << 62, size=len(columns), dtype=np.uint64) * 2 + 1
    mixed = np.zeros(len(table), np.uint64)
    for codes, factor in zip(columns, odd, strict=True):
        mixed = (mixed + codes) * factor
        mixed ^= mixed >> np.uint64(29)
    _, at, of = np.unique(mixed, return_index=True, return_inverse=True)
    first = at[of]
    alike = np.all([codes == codes[first] for codes in columns], axis=0)
    return np.asarray(np.where(alike, first, np.arange(len(table))), np.int64)
