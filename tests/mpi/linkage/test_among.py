"""Pairs that somebody lists: what two persons of a pair often share is little evidence there."""

import random
from typing import Final

import numpy as np

from mpi.linkage.among import weights_among
from mpi.linkage.columns import map_from_document
from mpi.linkage.decisions import kinds_of_pairs
from mpi.linkage.levels import Pairs
from mpi.linkage.model import Model
from mpi.linkage.table import Table, table
from mpi.linkage.training import trained
from mpi.linkage.weights import score
from tests.mpi.linkage.people import COLUMNS, KINDS, people

OFTEN_SHARED: Final = {"born": 1.0, "sex": 1.0, "surname": 0.5, "given": 0.2}
ALONE: Final = ("given", "surname", "born", "sex")


def _listed(size: int) -> tuple[dict[str, list[str]], Pairs]:
    """Each person of the first half with his own second record, each of the other with somebody who shares
    birth date and sex, and sometimes names."""
    raw, _ = people(2 * size)
    draw = random.Random(2)
    for at in range(size, 2 * size):
        theirs = {
            name: raw[name][at if draw.random() < share else at - size]
            for name, share in OFTEN_SHARED.items()
        }
        rest = {name: raw[name][at - size] for name in KINDS if name not in theirs}
        for name, value in (theirs | rest).items():
            raw[name].append(value)
    one = np.arange(2 * size, dtype=np.int32)
    return raw, (one, one + 2 * size)


def _trained(raw: dict[str, list[str]]) -> tuple[Table, Model]:
    made = table(raw, KINDS, [0] * len(raw["given"]))
    options = {"options": {"link_at": 0.99}}
    return made, trained(made, map_from_document({**COLUMNS, **options}))


def _with_strangers_of_one_name(raw: dict[str, list[str]], pairs: Pairs, count: int) -> Pairs:
    """More pairs, of which only name, birth date and sex are known, and equal."""
    size = len(raw["given"])
    for _ in range(2):
        for name in raw:
            raw[name] += raw[name][:count] if name in ALONE else [""] * count
    more = np.arange(size, size + count, dtype=np.int32)
    return np.append(pairs[0], more), np.append(pairs[1], more + count)


def test_tells_matches_from_others_of_a_family() -> None:
    raw, pairs = _listed(300)
    made, model = _trained(raw)
    is_match = pairs[0] < 300
    found = weights_among(made, model, pairs) > 0
    assert (found == is_match).mean() > 0.98


def test_what_pairs_often_share_makes_no_link_among_them() -> None:
    raw, pairs = _listed(300)
    pairs = _with_strangers_of_one_name(raw, pairs, 10)
    made, model = _trained(raw)
    scored, among = score(made, model, pairs), weights_among(made, model, pairs)
    by_the_file, by_both = (list(kinds_of_pairs(scored, model, which)) for which in (scored.weight, among))
    assert by_the_file[-10:].count("link") >= 5
    assert by_both[-10:] == ["review"] * 10


def test_few_pairs_are_judged_by_the_whole_file() -> None:
    raw, pairs = _listed(300)
    made, model = _trained(raw)
    few = pairs[0][:3], pairs[1][:3]
    assert (weights_among(made, model, few) > 0).all()
    none = pairs[0][:0], pairs[1][:0]
    assert weights_among(made, model, none).shape == (0,)
