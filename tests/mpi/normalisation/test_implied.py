"""What a number implies is taken for its holder, and never for a child under its parent's number."""

import pytest
from hypothesis import given

from mpi.normalisation.demographics import Demographics
from mpi.normalisation.implied import implied, of_holder
from tests.mpi.people import valid_id
from tests.mpi.strategies import demographics

OWN = valid_id("1980-05-06", 101)


@given(demographics())
def test_idempotent_and_only_of_birth_date_and_sex(record: Demographics) -> None:
    once = implied(record)
    assert implied(once) == once
    assert (once.names, once.citizen_ids, once.cards) == (record.names, record.citizen_ids, record.cards)


@pytest.mark.parametrize("born", ["", "1980", "1980-01-01", "1980-06-05", "1980-05-07", "1980-04-10"])
def test_a_default_a_slip_a_swap_and_a_lunar_date_are_the_number_s(born: str) -> None:
    told = Demographics(names=("王芳",), birth_date=born, citizen_ids=(OWN,))
    assert implied(told).birth_date == "1980-05-06"


def test_a_number_alone_may_be_anybody_s() -> None:
    told = Demographics(citizen_ids=(OWN,))
    assert implied(told) == told
    assert of_holder(told).birth_date == "1980-05-06"


def test_a_wrong_sex_is_the_number_s_where_the_birth_date_is_its_own() -> None:
    told = Demographics(gender="female", birth_date="1980-05-06", citizen_ids=(OWN,))
    assert implied(told).gender == "male"


@pytest.mark.parametrize("born", ["2010-05-06", "2020-05-05", "1958-03-01"])
def test_a_child_under_its_parent_s_number_keeps_what_was_said(born: str) -> None:
    told = Demographics(gender="female", birth_date=born, citizen_ids=(OWN,))
    assert implied(told) == told


@pytest.mark.parametrize("born", ["1980-05-07", "1980-01-01", "1980-06-05"])
def test_another_sex_on_another_day_is_somebody_else(born: str) -> None:
    told = Demographics(gender="female", birth_date=born, citizen_ids=(OWN,))
    assert implied(told) == told


def test_a_number_of_the_first_of_january_is_no_default() -> None:
    told = Demographics(birth_date="1990-08-17", citizen_ids=(valid_id("1990-01-01", 123),))
    assert implied(told) == told


def test_whose_number_it_is_stays_open_without_a_birth_date_of_that_sex() -> None:
    told = Demographics(gender="female", citizen_ids=(OWN,))
    assert implied(told) == told
    newborn = Demographics(newborn=True, citizen_ids=(OWN,))
    assert implied(newborn) == newborn
