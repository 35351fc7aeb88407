"""What came of each record: its person, how sure that is, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mpi.linkage.candidates import Numbers
from mpi.linkage.explain import waterfalls
from mpi.linkage.groups import Linked
from mpi.linkage.model import Model
from mpi.linkage.table import Table
from mpi.linkage.weights import Scored, Weights, guards_that, weight_of

Kind = Literal["link", "review", "new"]


@dataclass(frozen=True, slots=True)
class Decided:
    """`link`: sure of its person. `review`: in doubt about the person, or about `other` outside of it, whose
    person has more records. `new`: alone. `other` is the record that decided, with its weight in bits; None
    where none came near."""

    record: int
    person: int
    kind: Kind
    other: int | None
    weight: float | None
    explanation: str


def decided(table: Table, model: Model, linked: Linked) -> Iterator[Decided]:
    """One for each record, in order."""
    inside, outside = _best(linked, model)
    sure, ask = weight_of(model.link_at), weight_of(model.review_at)
    kinds = _kinds(linked, inside, outside, sure, ask)
    told = np.where((kinds == 2) & ~_in_doubt(inside, linked.scored, sure), outside, inside)
    told = np.where(kinds == 0, outside, told)
    known = np.flatnonzero(told >= 0)
    pairs = linked.scored.pairs[0][told[known]], linked.scored.pairs[1][told[known]]
    reasons = dict(zip(known.tolist(), waterfalls(table, model, pairs), strict=True))
    for record, kind in enumerate(kinds.tolist()):
        person, at = int(linked.person[record]), int(told[record])
        name: Kind = ("new", "link", "review")[kind]
        if at < 0:
            yield Decided(record, person, name, None, None, "")
            continue
        other = int(linked.scored.pairs[0][at]) + int(linked.scored.pairs[1][at]) - record
        weight = float(linked.scored.weight[at])
        yield Decided(record, person, name, other, weight, str(reasons[record]))


def _best(linked: Linked, model: Model) -> tuple[Numbers, Numbers]:
    """The number of each record's weightiest pair within its person, and of that with another who may be it;
    -1: none."""
    person = linked.person
    one, other = linked.scored.pairs
    within = person[one] == person[other]
    apart = np.isin(linked.scored.guarded, guards_that(model, "apart"))
    asked = _asked(linked)
    outside = ~within & ~apart
    inner = _heaviest(linked.scored, (within, within), len(person))
    return inner, _heaviest(linked.scored, (outside & asked, outside & ~asked), len(person))


def _asked(linked: Linked) -> NDArray[np.bool_]:
    """Of which record of a pair a human is asked, true for the first: of the one whose person has fewer
    records; of two that have as many, of the later one."""
    one, other = (linked.person[numbers] for numbers in linked.scored.pairs)
    size = np.bincount(linked.person, minlength=len(linked.person))
    fewer: NDArray[np.bool_] = (size[one] < size[other]) | ((size[one] == size[other]) & (one > other))
    return fewer


def _heaviest(scored: Scored, which: tuple[NDArray[np.bool_], NDArray[np.bool_]], size: int) -> Numbers:
    """For each record the weightiest pair among those that count for their first and their second record."""
    found = np.full(size, -1, np.int64)
    for side, counts in zip(scored.pairs, which, strict=True):
        at = np.flatnonzero(counts)
        at = at[np.argsort(scored.weight[at], kind="stable")]
        better = np.full(size, -1, np.int64)
        better[side[at]] = at  # of several the last, the weightiest, stays
        heavier = _weights(scored, better) > _weights(scored, found)
        found[heavier] = better[heavier]
    return found


def _in_doubt(inside: Numbers, scored: Scored, sure: float) -> NDArray[np.bool_]:
    return (inside >= 0) & (_weights(scored, inside) < sure)


def _weights(scored: Scored, at: Numbers) -> NDArray[np.float64]:
    """Of the pairs of these numbers; minus infinity where there is none."""
    found: NDArray[np.float64] = np.append(scored.weight, -np.inf)[at]
    return found


def _kinds(linked: Linked, inside: Numbers, outside: Numbers, sure: float, ask: float) -> Numbers:
    """0 new, 1 link, 2 review."""
    kinds = np.where(inside >= 0, 1, 0)
    tempting = _weights(linked.scored, outside) >= ask
    kinds[_in_doubt(inside, linked.scored, sure) | tempting] = 2
    return kinds


def kinds_of_pairs(scored: Scored, model: Model, among: Weights) -> Iterator[Kind]:
    """What each listed pair is by itself: a link, for a human to decide, or nothing. `among`: the weights
    among the listed pairs, where a link is sure, too."""
    sure, ask = weight_of(model.link_at), weight_of(model.review_at)
    apart = np.isin(scored.guarded, guards_that(model, "apart"))
    weights = np.where(apart, -np.inf, scored.weight)
    links = (np.minimum(weights, among) >= sure) & (scored.guarded < 0)
    for weight, is_link in zip(weights.tolist(), links.tolist(), strict=True):
        yield "new" if weight < ask else "link" if is_link else "review"
