"""Birth dates: what systems write, and how two of them relate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.normalisation.birth_dates import date_relation, normal_birth_date


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("1990年5月6日", "1990-05-06"),
        ("19900506", "1990-05-06"),
        ("１９９０-5-6", "1990-05-06"),
        ("5/6/1990", "1990-05-06"),
        ("1990-05-06T08:00:00", "1990-05-06"),
        ("1990-05", "1990-05"),
        ("1990", "1990"),
        ("1990-02-30", ""),
        ("1990-13-01", ""),
        ("3000-01-01", ""),
        ("1900-01-01", ""),
        ("不详", ""),
    ],
)
def test_normal_form(sent: str, normal: str) -> None:
    assert normal_birth_date(sent) == normal


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("1990-05-06", "1990-05-06", "equal"),
        ("1990", "1990-03-01", "as-far-as-known"),
        ("1990-05-06", "1990-01-01", "default-day"),
        ("1990-05-06", "1990-06-05", "swapped"),
        ("1990-05-06", "1990-05-16", "slip"),
        ("1990-05-12", "1990-05-21", "slip"),
        ("1962-08-15", "1962-09-13", "lunar"),
        ("1990-05-06", "1992-07-11", "different"),
        ("1990", "1991-05-06", "different"),
    ],
)
def test_relations(one: str, other: str, relation: str) -> None:
    assert date_relation(one, other) == date_relation(other, one) == relation


DATES = st.dates().map(str)


@given(DATES, DATES)
def test_relations_are_symmetric(one: str, other: str) -> None:
    assert date_relation(one, other) == date_relation(other, one)
    assert date_relation(one, one) == "equal"


@given(st.text(max_size=40))
def test_anything_becomes_a_date_or_nothing(text: str) -> None:
    normal = normal_birth_date(text)
    assert normal_birth_date(normal) == normal


def test_chinese_numerals() -> None:
    assert normal_birth_date("二〇〇〇年十二月廿一日") == "2000-12-21"
    assert normal_birth_date("一九九〇年五月六日") == "1990-05-06"


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("一九九○年五月六日", "1990-05-06"),
        ("民国79年5月6日", "1990-05-06"),
        ("中華民國元年", "1912"),
        ("公元1990年5月6日", "1990-05-06"),
        ("25/12/1990", "1990-12-25"),
        ("06-MAY-1990", "1990-05-06"),
        ("May 6, 1990", "1990-05-06"),
        ("199005060830", "1990-05-06"),
        ("19900506083000.000+0800", "1990-05-06"),
        ("19900500", "1990-05"),
        ("1990-00-00", "1990"),
        ("90年5月6日", "1990-05-06"),
        ("900506", "1990-05-06"),
        ("12-05-06", ""),
        ("1899-12-31", ""),
        ("农历1990年四月十二", ""),
    ],
)
def test_what_systems_and_people_write(sent: str, normal: str) -> None:
    assert normal_birth_date(sent) == normal
