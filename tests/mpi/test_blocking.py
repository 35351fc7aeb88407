"""Blocking keys: every rule makes keys, a wrong fact leaves others, and too many under one lead nowhere."""

from hypothesis import given
from msgspec.structs import replace

from mpi.blocking import OVERSIZED, Rule, blocking_keys
from mpi.neighbourhood import Neighbourhood
from mpi.normalisation.citizen_id import is_number_of
from mpi.normalisation.demographics import Card, Demographics
from tests.mpi.people import valid_id
from tests.mpi.strategies import demographics

WHOLE = Demographics(
    names=("王伟",),
    pinyin=("wangwei",),
    gender="male",
    birth_date="1980-05-06",
    citizen_ids=(valid_id("1980-05-06"),),
    cards=(Card("health-card", "s", "E1000001"),),
    phones=("13912345678",),
    addresses=("黄浦区南京东路1",),
)


def rules(known: Demographics) -> set[Rule]:
    return {key.rule for key in blocking_keys(known)}


def test_every_rule_makes_keys() -> None:
    child = replace(WHOLE, birth_date="2026-01-01")
    assert rules(WHOLE) | rules(child) == set(Rule)
    assert Rule.MOTHER_BIRTH not in rules(WHOLE)
    assert len(Rule) >= 11


def test_one_fact_wrong_leaves_a_key_in_common() -> None:
    keys = set(blocking_keys(replace(WHOLE, citizen_ids=(), cards=())))
    for wrong in (
        {"names": ("王芳",), "pinyin": ("wangfang",)},
        {"birth_date": "1980-05-07"},
        {"phones": ()},
        {"addresses": ()},
        {"phones": (), "addresses": ()},
    ):
        assert keys & set(blocking_keys(replace(WHOLE, citizen_ids=(), cards=(), **wrong)))


@given(demographics())
def test_keys_are_sorted_and_each_once(known: Demographics) -> None:
    keys = blocking_keys(known)
    assert list(keys) == sorted(set(keys))


def test_a_number_that_fills_a_field_leads_nowhere_but_with_the_name() -> None:
    near = Neighbourhood()
    number = valid_id("1980-05-06")
    for record in range(OVERSIZED + 2):
        told = Demographics(
            names=(f"名{record}",), pinyin=(f"n{record}",), birth_date="2020-01-02", citizen_ids=(number,)
        )
        near.arrive(record, told, [key.key for key in blocking_keys(told)], record)
    again = Demographics(names=("名7",), pinyin=("n7",), birth_date="2020-01-02", citizen_ids=(number,))
    assert [each.person for each in near.around([key.key for key in blocking_keys(again)])] == [7]


def test_whose_number_as_far_as_the_date_is_known() -> None:
    assert is_number_of(valid_id("1980-05-06"), "1980")
    assert is_number_of(valid_id("1980-05-06"), "1980-05-06")
    assert not is_number_of(valid_id("1980-05-06"), "1980-05-07")
