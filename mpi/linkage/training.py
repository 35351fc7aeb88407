"""A model for a table and its map: rules chosen, estimated, and the frequencies of values kept."""

import msgspec
import numpy as np

from mpi.linkage.candidates import rules_for
from mpi.linkage.columns import Map, untrained
from mpi.linkage.copies import without_copies
from mpi.linkage.estimate import train
from mpi.linkage.model import Model
from mpi.linkage.residents import guards_for
from mpi.linkage.table import Column, Table

_KEPT = 5000


def trained(table: Table, found: Map) -> Model:
    """The model of these records, without labels."""
    table = without_copies(table)
    rules = found.options.blocking or rules_for(table, found.kinds)
    model = train(table, untrained(found, rules, guards_for(table, found)))
    wanted = [each.column for each in model.comparisons if each.frequencies]
    return msgspec.structs.replace(model, frequencies={name: _kept(table.columns[name]) for name in wanted})


def _kept(column: Column) -> dict[str, float]:
    """The most frequent values and, under the empty text, what stands for any other."""
    shares = column.frequencies
    size = max(int((column.codes > 0).sum()), 2)
    order = np.argsort(-shares, kind="stable")[:_KEPT]
    kept = {
        column.values[at]: round(float(shares[at]), 9) for at in order.tolist() if shares[at] * size > 1.5
    }
    return {**kept, "": 1 / size}
