"""Our linkage, as the judge of `conformance.linkage` takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mpi.linkage.among import weights_among
from mpi.linkage.columns import map_from_document
from mpi.linkage.decisions import decided, kinds_of_pairs
from mpi.linkage.groups import link
from mpi.linkage.table import table
from mpi.linkage.training import trained
from mpi.linkage.weights import score

Records = Mapping[str, Sequence[str]]


class LinkageEngine:
    """Trains anew on each set."""

    def groups(self, files: Sequence[Records], columns: Mapping[str, Any]) -> list[tuple[int, str]]:
        told = map_from_document(columns)
        sizes = [len(next(iter(file.values()))) for file in files]
        raw = {name: _values(files, sizes, source) for name, source in told.sources.items()}
        made = table(raw, told.kinds, [number for number, size in enumerate(sizes) for _ in range(size)])
        model = trained(made, told)
        linked = link(made, model, made.source if told.options.unique else None)
        return [(decision.person, decision.kind) for decision in decided(made, model, linked)]

    def pairs(
        self, records: Records, pairs: Sequence[tuple[int, int]], columns: Mapping[str, Any]
    ) -> list[str]:
        told = map_from_document(columns)
        size = len(next(iter(records.values())))
        raw = {name: _values([records], [size], source) for name, source in told.sources.items()}
        made = table(raw, told.kinds, [0] * size)
        model = trained(made, told)
        numbers = np.asarray(pairs, np.int32).reshape(-1, 2)
        listed = (numbers[:, 0], numbers[:, 1])
        among = weights_among(made, model, listed)
        return list(kinds_of_pairs(score(made, model, listed), model, among))


def _values(files: Sequence[Records], sizes: Sequence[int], column: str) -> list[str]:
    """Of all files; a set that lacks a column has no values there."""
    return [value for file, size in zip(files, sizes, strict=True) for value in file.get(column, [""] * size)]
