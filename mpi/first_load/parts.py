"""Records that share a key, directly or through others, belong together and are decided by one process.

Keys are read as binary COPY writes them, for whole columns at once.
https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.blocking import OVERSIZED
from mpi.linkage.clusters import components
from mpi.rows import Connection

Numbers = NDArray[np.int64]

KEYS: Final = "SELECT unnest(keys), number FROM mpi_staged WHERE NOT later"
NUMBERS: Final = "SELECT number FROM mpi_staged WHERE NOT later"

_HEAD: Final = 19
_TAIL: Final = 2
# Bits of a place among the records.
_HALF: Final = 31
_PAIR: Final = np.dtype([("fields", ">i2"), ("a", ">i4"), ("key", ">i8"), ("b", ">i4"), ("number", ">i8")])
_ONE: Final = np.dtype([("fields", ">i2"), ("a", ">i4"), ("number", ">i8")])


@dataclass(frozen=True, slots=True)
class Keyed:
    """`numbers` of the records, sorted; `key[i]` is a key of the record at place `of[i]` among them."""

    numbers: Numbers
    key: Numbers
    of: Numbers


@dataclass(frozen=True, slots=True)
class Part:
    """Records that are decided together: their staged numbers, sorted, and the places of these among all.

    `closed`: from which place on a key that very many share leads nowhere, as it does for a record that
    comes when so many have it.
    """

    numbers: list[int]
    places: list[int]
    closed: dict[int, int]


async def staged_keys(connection: Connection, folder: Path) -> Keyed:
    numbers = (await _copied(connection, NUMBERS, folder, _ONE))["number"].astype(np.int64)
    numbers.sort()
    pairs = await pairs_of(connection, KEYS, folder)
    return Keyed(numbers, pairs["key"].astype(np.int64), np.searchsorted(numbers, pairs["number"]))


async def pairs_of(connection: Connection, query: str, folder: Path) -> np.ndarray:
    """What a query tells of keys and the numbers that have them: columns `key` and `number`. It goes through
    a file in the folder, for there may be hundreds of millions."""
    return await _copied(connection, query, folder, _PAIR)


async def _copied(connection: Connection, statement: str, folder: Path, row: np.dtype[np.void]) -> np.ndarray:
    path = folder / "copied"
    with path.open("wb") as file:
        await connection.copy_from_query(statement, output=file, format="binary")
    found = np.fromfile(path, row, (path.stat().st_size - _HEAD - _TAIL) // row.itemsize, offset=_HEAD)
    path.unlink()
    return found


def parts(keyed: Keyed, size: int, oversized: int = OVERSIZED) -> Iterator[Part]:
    """Whole components, of `size` records or more together."""
    order = np.lexsort((keyed.of, keyed.key))
    key, of = keyed.key[order], keyed.of[order]
    begins = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.empty(0, np.int64)
    rank = np.arange(len(key)) - np.repeat(begins, np.diff(np.r_[begins, len(key)]))
    closed = {int(key[at]): int(of[at]) for at in np.flatnonzero(rank == oversized).tolist()}
    joined = np.flatnonzero((rank[1:] > 0) & (rank[1:] < oversized))
    label = components(len(keyed.numbers), *_distinct(of[joined], of[joined + 1]))
    places = np.argsort(label, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(label[places]) != 0, True]) + 1
    start = 0
    for end in ends.tolist():
        if end - start >= size or end == len(places):
            yield _part(keyed, np.sort(places[start:end]), closed)
            start = end


def _distinct(one: Numbers, other: Numbers) -> tuple[Numbers, Numbers]:
    """Pairs, each once: records of one person share many keys."""
    pairs = np.sort(one << _HALF | other)
    pairs = pairs[np.r_[True, pairs[1:] != pairs[:-1]]] if len(pairs) else pairs
    return pairs >> _HALF, pairs & ((1 << _HALF) - 1)


def _part(keyed: Keyed, places: Numbers, closed: dict[int, int]) -> Part:
    return Part(keyed.numbers[places].tolist(), places.tolist(), closed)
