"""Tests of many values at once beside their definitions for two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.linkage.agreement import TESTS, Sides
from mpi.normalisation.names import is_near

TEXTS = st.lists(
    st.one_of(st.text("王李小明·", min_size=1, max_size=9), st.text("ab\0", min_size=1, max_size=8)),
    min_size=1,
    max_size=12,
    unique=True,
)


def every_pair(texts: list[str]) -> Sides:
    one, other = np.triu_indices(len(texts))
    return Sides(["", *texts], one + 1, other + 1)


@given(TEXTS)
def test_many_names_are_near_as_two_are(texts: list[str]) -> None:
    sides = every_pair(texts)
    assert TESTS["near"](sides, 0).tolist() == [is_near(one, other) for one, other in sides.pairs]


@pytest.mark.parametrize(
    ("test", "bound", "form"),
    [
        ("beginning", 2, lambda text: text[:2]),
        ("ending", 3, lambda text: text[-3:]),
        ("year", 0, lambda text: text[:4]),
    ],
)
def test_values_of_one_form(test: str, bound: float, form: object) -> None:
    assert callable(form)
    sides = every_pair(["1980-01-02", "1980-01-03", "198", "1981-01-02", "02"])
    found = TESTS[test](sides, bound).tolist()
    assert found == [form(one) == form(other) for one, other in sides.pairs]


def test_what_sounds_alike() -> None:
    sides = every_pair(["王伟", "王维", "wei wang", "李伟", "Wang Wei"])
    alike = {
        pair for pair, holds in zip(sides.pairs, TESTS["sound"](sides, 0).tolist(), strict=True) if holds
    }
    chinese = {("王伟", "王维"), *((name, name) for name in ("王伟", "王维", "李伟"))}
    romanised = {(name, letters) for name in ("王伟", "王维") for letters in ("wei wang", "Wang Wei")}
    assert alike == chinese | romanised


def test_numbers_for_life_are_told_from_mistyped_ones() -> None:
    sides = every_pair(["11010519491231002X", "440524188001010014", "440524188001010015"])
    assert TESTS["both-valid"](sides, 0).tolist() == [True, True, False, True, False, False]


def test_what_does_not_occur_is_not_looked_at() -> None:
    texts, one, other = Sides(["", "a", "b", "c"], np.asarray([3, 3]), np.asarray([1, 3])).distinct()
    assert (texts, one.tolist(), other.tolist()) == (["a", "c"], [1, 1], [0, 1])
