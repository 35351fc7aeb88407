"""Levels of pairs: each test of values, and the dates beside their definition for two."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.linkage import dates
from mpi.linkage.levels import UNKNOWN, levels
from mpi.linkage.table import table
from mpi.linkage.templates import comparison
from mpi.normalisation.birth_dates import date_relation


def _label(kind: str, one: str, other: str) -> str:
    made = table({"it": [one, other]}, {"it": kind}, [0, 0])
    compared = comparison("it", kind)
    (number,) = levels(made, compared, (np.asarray([0], np.int32), np.asarray([1], np.int32))).tolist()
    return "unknown" if number == UNKNOWN else compared.levels[number].label


@pytest.mark.parametrize(
    ("kind", "one", "other", "label"),
    [
        ("name", "Robert", "robert", "equal"),
        ("name", "王伟", "王维", "sound"),
        ("name", "Robert", "Bob", "variant"),
        ("name", "Robert", "R", "variant"),
        ("name", "Christopher", "Christophr", "jaro-winkler 0.92"),
        ("name", "Robert", "Wilma", "else"),
        ("name", "宋良山", "Liangshan Song", "sound"),
        ("name", "Robert", "Unknown", "unknown"),
        ("name", "Robert", "Baby Boy", "unknown"),
        ("identifier", "540-12-1415", "540121415", "equal"),
        ("identifier", "540121415", "540121451", "mistyped 1"),
        ("identifier", "540121415", "54012141", "mistyped 1"),
        ("identifier", "540121415", "54o121415", "mistyped 1"),
        ("identifier", "540121415", "540121416", "edits 1"),
        ("identifier", "A40121415", "B40121415", "edits 1"),
        ("identifier", "540121415", "1415", "part 4"),
        ("identifier", "540121415", "111111111", "unknown"),
        ("citizen-id", "310101800506123", "310101800506124", "both-valid"),
        ("citizen-id", "310101199909091111", "310101800506124", "else"),
        ("phone", "+1 (313) 256-4968", "3132564968", "equal"),
        ("phone", "13800138000", "13912345678", "unknown"),
        ("date", "1/17/72", "1972-01-17", "equal"),
        ("date", "1972", "1972-01-17", "as-far-as-known"),
        ("date", "1972-01-02", "1972-02-01", "swapped"),
        ("address", "12 Birch Lane", "Birch Lane 12", "tokens 0.9"),
        ("sex", "男", "M", "equal"),
        ("sex", "1", "F", "else"),
    ],
)
def test_levels_of_values(kind: str, one: str, other: str, label: str) -> None:
    assert _label(kind, one, other) == label
    assert _label(kind, other, one) == label


def test_swapped_columns() -> None:
    raw = {"given": ["wei", "wang"], "surname": ["wang", "wei"]}
    made = table(raw, {"given": "name", "surname": "name"}, [0, 0])
    compared = comparison("given", "name", "surname")
    (number,) = levels(made, compared, (np.asarray([0], np.int32), np.asarray([1], np.int32))).tolist()
    assert compared.levels[number].test == "crossed"


@given(st.integers(0, 2**32))
def test_many_dates_relate_as_two_do(seed: int) -> None:
    draw = random.Random(seed)
    one, other = ([_date(draw) for _ in range(50)] for _ in range(2))
    left, right = dates.digits(one), dates.digits(other)
    found = {name: test(left, right).tolist() for name, test in TESTS.items()}
    for at, (left, right) in enumerate(zip(one, other, strict=True)):
        first = next((name for name in TESTS if found[name][at]), "different")
        assert date_relation(left, right) == ("equal" if left == right else first)


TESTS = {
    "as-far-as-known": dates.as_far_as_known,
    "default-day": dates.default_day,
    "swapped": dates.swapped,
    "slip": dates.slip,
    "lunar": dates.lunar,
}


def _date(draw: random.Random) -> str:
    whole = f"195{draw.randint(0, 2)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    return draw.choice((whole, whole, whole, whole[:7], whole[:4]))
