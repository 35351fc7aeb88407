"""From scored pairs to persons, and to the pairs that a human should look at."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.candidates import Numbers, candidates
from mpi.linkage.clusters import average_linkage, inner_pairs, members, small_components
from mpi.linkage.copies import originals, rows
from mpi.linkage.levels import Pairs
from mpi.linkage.model import Model
from mpi.linkage.table import Table
from mpi.linkage.weights import Scored, guards_that, score, weight_of

# Pairs below this may still be one person by what the others of their group say.
_WORTH_A_LOOK = -3.0
# What a guard that may be outvoted is worth at least.
_AGAINST = -10.0


@dataclass(frozen=True, slots=True)
class Linked:
    """`person[record]`: the smallest record of its group. `pairs`: all that were scored, each once."""

    person: Numbers
    scored: Scored


def link(table: Table, model: Model, unique: NDArray[np.int8] | None = None) -> Linked:
    """Groups the records. `unique`: the file of each record, where a file holds nobody twice."""
    first = originals(table)
    kept = np.unique(first)
    if unique is not None or len(kept) == len(table):
        return _linked(table, model, unique)
    return _with_copies(table, model, first, kept, _linked(rows(table, kept), model, None))


def _with_copies(table: Table, model: Model, first: Numbers, kept: Numbers, linked: Linked) -> Linked:
    """Copies are of the person of their original if what is equal says enough."""
    copies = np.flatnonzero(first != np.arange(len(table)))
    pairs = first[copies].astype(np.int32), copies.astype(np.int32)
    alike = score(table, model, pairs)
    person = np.arange(len(table))
    person[kept] = kept[linked.person]
    same = _heard(alike, model) >= weight_of(model.join_at)
    person[copies[same]] = person[first[copies[same]]]
    one, other = (kept[numbers].astype(np.int32) for numbers in linked.scored.pairs)
    return Linked(person, _together(replace(linked.scored, pairs=(one, other)), alike, len(table)))


def _linked(table: Table, model: Model, unique: NDArray[np.int8] | None) -> Linked:
    scored = score(table, model, candidates(table, model.blocking))
    near = scored.weight >= _WORTH_A_LOOK
    one, other = (numbers[near].astype(np.int64) for numbers in scored.pairs)
    label = small_components(len(table), one, other, scored.weight[near])
    inner = score(table, model, _pairs(label))
    return Linked(_persons(label, inner, model, unique), _together(scored, inner, len(table)))


def _pairs(label: Numbers) -> Pairs:
    one, other = inner_pairs(label)
    return np.minimum(one, other).astype(np.int32), np.maximum(one, other).astype(np.int32)


def _persons(label: Numbers, inner: Scored, model: Model, unique: NDArray[np.int8] | None) -> Numbers:
    person = np.arange(len(label))
    weight = _heard(inner, model)
    at_least, start = weight_of(model.join_at), 0
    for records in members(label):
        size = len(records)
        matrix = np.zeros((size, size))
        above = np.triu_indices(size, 1)
        matrix[above] = weight[start : start + len(above[0])]
        start += len(above[0])
        files = None if unique is None else unique[records]
        person[records] = records[average_linkage(matrix + matrix.T, at_least, files)]
    return person


def _heard(scored: Scored, model: Model) -> NDArray[np.float64]:
    """What each pair says of its groups: a guard that may be outvoted speaks against, any other forbids."""
    forbidding = np.isin(scored.guarded, guards_that(model, "asked", "apart"))
    against = np.isin(scored.guarded, guards_that(model, "outvoted"))
    weight = np.where(against, np.minimum(scored.weight, _AGAINST), scored.weight)
    return np.where(forbidding, -np.inf, weight)


def _together(scored: Scored, inner: Scored, size: int) -> Scored:
    one, other = (np.concatenate(both) for both in zip(scored.pairs, inner.pairs, strict=True))
    _, first = np.unique(one.astype(np.int64) * size + other, return_index=True)
    weight = np.concatenate((scored.weight, inner.weight))[first]
    guarded = np.concatenate((scored.guarded, inner.guarded))[first]
    return Scored((one[first], other[first]), weight, guarded)
