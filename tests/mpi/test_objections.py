"""Objections: numbers are never outvoted, a clerical error is by more that know better."""

from mpi.decide import Finding
from mpi.objections import stands

AGREES = Finding(1, 1, ("card",), ())
SEX = Finding(1, 2, ("card",), ("different-sex",))
NUMBER = Finding(1, 3, ("card",), ("different-citizen-ids",))
PARTED = Finding(1, 4, (), ("do-not-link",))


def test_one_against_one_stands() -> None:
    assert stands([SEX])
    assert stands([AGREES, SEX])
    assert not stands([AGREES])
    assert not stands([])


def test_more_that_agree_outvote_a_clerical_error() -> None:
    assert not stands([AGREES, AGREES, SEX])
    assert stands([AGREES, AGREES, SEX, SEX])


def test_numbers_and_humans_are_never_outvoted() -> None:
    assert stands([AGREES] * 9 + [NUMBER])
    assert stands([AGREES] * 9 + [PARTED])


def test_who_shares_nothing_that_links_has_no_vote() -> None:
    assert stands([Finding(1, 5, ("likely",), ())] * 9 + [SEX])
