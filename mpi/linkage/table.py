"""Records as columns of numbered distinct values: a value is normalised and compared once, not per record."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.holders import of_their_holders
from mpi.linkage.values import NORMALISERS

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Column:
    """`codes[record]` is the number of its value; 0 is the missing value, the empty text."""

    values: tuple[str, ...]
    codes: Codes

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """The share of each value among the records that have one; 0 for the missing value."""
        counts = np.bincount(self.codes, minlength=len(self.values)).astype(float)
        counts[0] = 0
        return np.asarray(counts / max(counts.sum(), 1))


@dataclass(frozen=True, slots=True)
class Table:
    """`source[record]` tells the file of a record: 0, or 0 and 1."""

    columns: Mapping[str, Column]
    source: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.source)


def table(raw: Mapping[str, Sequence[str]], kinds: Mapping[str, str], source: Sequence[int]) -> Table:
    """Columns in their normal form. `raw` stays as it is; what normalises to nothing is missing."""
    normal = {name: _normal(raw[name], kinds[name]) for name in kinds}
    normal |= of_their_holders(normal, kinds)
    made = {name: encoded(texts) for name, texts in normal.items()}
    return Table(made, np.asarray(source, np.int8))


def _normal(raw: Sequence[str], kind: str) -> Sequence[str]:
    normalise = NORMALISERS[kind]
    normal = {text: normalise(text) for text in set(raw)}
    return [normal[text] for text in raw]


def encoded(texts: Iterable[str]) -> Column:
    numbers: defaultdict[str, int] = defaultdict(count(1).__next__, {"": 0})
    codes = np.fromiter(map(numbers.__getitem__, texts), np.int32)
    return Column(tuple(numbers), codes)


def derived(source: Column, texts: Sequence[str]) -> Column:
    """Another column of the same records, where `texts` tells the value for each of the distinct ones."""
    numbers: dict[str, int] = {"": 0}
    renumbered = np.asarray([numbers.setdefault(text, len(numbers)) for text in texts], np.int32)
    return Column(tuple(numbers), renumbered[source.codes])
