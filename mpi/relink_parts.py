"""The records of the index in parts that are decided anew each by itself: those that share a key or a person,
directly or through others, are in one part. Named SQL; numpy is needed.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.blocking import OVERSIZED
from mpi.first_load.parts import pairs_of
from mpi.linkage.clusters import components
from mpi.rows import Connection

Numbers = NDArray[np.int64]

KEYS: Final = "SELECT key, record FROM mpi_key"
OWNERS: Final = "SELECT person, record FROM mpi_link WHERE valid_to IS NULL AND recorded_to IS NULL"
# They speak through their survivors.
MERGED: Final = "SELECT array_agg(record) FROM mpi_record WHERE merged_into IS NOT NULL"

_PART: Final = 5000


@dataclass(frozen=True, slots=True)
class Part:
    """Records of whole components, one component after another, each in the order in which they came.

    `sizes`: of the components. `following`: which records share a key with an earlier one of theirs.
    `closed`: keys that so many have that they lead nowhere.
    """

    records: list[int]
    sizes: list[int]
    following: list[bool]
    closed: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Keyed:
    """Each key of each record, sorted by key; `first`: the earliest record that has it, `shared`: whether it
    leads from one record to another."""

    key: Numbers
    record: Numbers
    first: Numbers
    shared: NDArray[np.bool_]
    oversized: NDArray[np.bool_]


async def parts_of_index(connection: Connection, size: int = _PART) -> list[Part]:
    """Whole components, of `size` records or more together. Records that share no key are in none, for there
    is nothing to decide."""
    with tempfile.TemporaryDirectory() as folder:
        keys = await pairs_of(connection, KEYS, Path(folder))
        owners = await pairs_of(connection, OWNERS, Path(folder))
    merged = np.asarray(await connection.fetchval(MERGED) or (), np.int64)
    return list(_parts(_keyed(*_columns(keys, merged)), *_columns(owners, merged), size))


def _columns(pairs: np.ndarray, merged: Numbers) -> tuple[Numbers, Numbers]:
    key, number = pairs["key"].astype(np.int64), pairs["number"].astype(np.int64)
    if not len(merged):
        return key, number
    kept = ~np.isin(number, merged)
    return key[kept], number[kept]


def _keyed(key: Numbers, record: Numbers) -> _Keyed:
    order = np.argsort(key)
    key, record = key[order], record[order]
    first, sizes = _least(key, record)
    oversized = sizes >= OVERSIZED
    return _Keyed(key, record, first, (sizes > 1) & ~oversized, oversized)


def _least(group: Numbers, record: Numbers) -> tuple[Numbers, Numbers]:
    """The smallest record of each one's group, and how large the group is; groups stand together."""
    if not len(group):
        return record, record
    begins = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    sizes = np.diff(np.r_[begins, len(group)])
    return np.repeat(np.minimum.reduceat(record, begins), sizes), np.repeat(sizes, sizes)


def _parts(keyed: _Keyed, person: Numbers, owned: Numbers, size: int) -> Iterator[Part]:
    record, first = keyed.record[keyed.shared], keyed.first[keyed.shared]
    numbers, place = _numbered(record)
    of, to = place[record], place[first]
    following = np.zeros(len(numbers), np.bool_)
    following[of[to < of]] = True
    own, first_own = _of_one_person(place, person, owned)
    label = components(len(numbers), np.r_[of[to < of], own], np.r_[to[to < of], first_own])
    order = np.argsort(label, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(label[order]) != 0, len(order) > 0]) + 1
    start, since = 0, 0
    for at, end in enumerate(ends.tolist()):
        if end - start >= size or end == len(order):
            places = order[start:end]
            sizes = np.diff(np.r_[start, ends[since : at + 1]])
            yield Part(
                numbers[places].tolist(),
                sizes.tolist(),
                following[places].tolist(),
                _closed(keyed, numbers[places]),
            )
            start, since = end, at + 1


def _numbered(record: Numbers) -> tuple[Numbers, Numbers]:
    """The distinct numbers, and the place of each among them or -1. A sequence gives the numbers of records,
    so few are left out."""
    occurs = np.zeros(int(record.max(initial=0)) + 1, np.bool_)
    occurs[record] = True
    numbers = np.flatnonzero(occurs)
    place = np.full(len(occurs), -1, np.int64)
    place[numbers] = np.arange(len(numbers))
    return numbers, place


def _of_one_person(place: Numbers, person: Numbers, owned: Numbers) -> tuple[Numbers, Numbers]:
    """The places of the records that have a key, each with that of the first of its person."""
    known = np.flatnonzero(owned < len(place))
    known = known[place[owned[known]] >= 0]
    person, owned = person[known], owned[known]
    order = np.argsort(person)
    first, _ = _least(person[order], owned[order])
    return place[owned[order]], place[first]


def _closed(keyed: _Keyed, records: Numbers) -> frozenset[int]:
    """The keys of these records that lead nowhere."""
    closed = keyed.oversized.nonzero()[0]
    held = closed[np.isin(keyed.record[closed], records)]
    return frozenset(keyed.key[held].tolist())
