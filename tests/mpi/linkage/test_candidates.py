"""Blocking: keys, rules and the pairs they bring."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.linkage.candidates import candidates, rules_for
from mpi.linkage.keys import key_column, sound
from mpi.linkage.model import ModelError
from mpi.linkage.table import table
from tests.mpi.linkage.people import KINDS, people


@given(st.lists(st.sampled_from(["", "ann", "anna", "ben", "bert"]), min_size=2, max_size=12))
def test_pairs_are_those_that_share_a_key(names: list[str]) -> None:
    made = table({"given": names}, {"given": "name"}, [0] * len(names))
    one, other = candidates(made, [("given:2",)])
    found = set(zip(one.tolist(), other.tolist(), strict=True))
    wanted = {
        (a, b) for a, b in combinations(range(len(names)), 2) if names[a] and names[a][:2] == names[b][:2]
    }
    assert found == wanted


def test_a_frequent_key_is_left_to_other_rules() -> None:
    made = table({"given": ["ann"] * 10}, {"given": "name"}, [0] * 10)
    assert not len(candidates(made, [("given",)], group=9)[0])


def test_the_chosen_rules_find_nearly_every_pair() -> None:
    raw, truth = people(500)
    made = table(raw, KINDS, [0] * len(truth))
    one, other = candidates(made, rules_for(made, KINDS))
    found = sum(truth[a] == truth[b] for a, b in zip(one.tolist(), other.tolist(), strict=True))
    assert found >= 248
    assert len(one) < 60 * len(truth)


@pytest.mark.parametrize(("one", "other"), [("robert", "rupert"), ("王伟", "王维"), ("smith", "smyth")])
def test_what_sounds_alike_has_one_key(one: str, other: str) -> None:
    assert sound(one) == sound(other) != ""


@pytest.mark.parametrize("key", ["nothing", "given:backwards"])
def test_a_key_that_is_none(key: str) -> None:
    with pytest.raises(ModelError):
        key_column(table({"given": ["ann"]}, {"given": "name"}, [0]), key)
