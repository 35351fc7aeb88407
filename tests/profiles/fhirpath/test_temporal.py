"""Dates and times: what they hold, how they compare, and what is added to them."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.fhirpath import FhirPathError, temporal
from profiles.fhirpath.duration import add
from profiles.fhirpath.temporal import Temporal, compare, utc_key

ZONES = st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes))
)
INSTANTS = st.datetimes(datetime.datetime(2, 1, 1), datetime.datetime(9998, 1, 1), timezones=ZONES)


def moment(text: str) -> Temporal:
    found = temporal.time(text[1:]) if text[0] == "T" else temporal.date(text) or temporal.date_time(text)
    assert found is not None
    return found


@given(INSTANTS)
def test_the_text_is_read_again(instant: datetime.datetime) -> None:
    value = temporal.from_datetime(instant)
    assert temporal.date_time(str(value)) == value


@given(INSTANTS, INSTANTS)
def test_instants_are_in_the_order_of_time(one: datetime.datetime, other: datetime.datetime) -> None:
    one, other = (value.replace(microsecond=value.microsecond // 1000 * 1000) for value in (one, other))
    left, right = temporal.from_datetime(one), temporal.from_datetime(other)
    assert compare(left, right) == (one > other) - (one < other)
    assert (utc_key(left) == utc_key(right)) is (one == other)


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(9000, 1, 1)), st.integers(-100_000, 100_000))
def test_days_are_added_in_the_calendar(day: datetime.date, days: int) -> None:
    later = add(moment(str(day)), Decimal(days), "day")
    assert str(later) == str(day + datetime.timedelta(days=days))
    assert add(moment(str(day)), Decimal(days) / 7, "week").kind == "Date"


@given(INSTANTS, st.integers(-(10**6), 10**6))
def test_seconds_are_added_to_the_instant(instant: datetime.datetime, seconds: int) -> None:
    later = add(temporal.from_datetime(instant), Decimal(seconds), "second")
    wanted = temporal.from_datetime(instant + datetime.timedelta(seconds=seconds))
    assert compare(later, wanted) == 0


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("2020", "2020", 0),
        ("2020", "2020-01", None),
        ("2020", "2021-01", -1),
        ("2020-05-01", "2020-05-01T00:00:00+08:00", None),
        ("2020-05-02", "2020-05-01T23:00:00+08:00", 1),
        ("2020-05-01T10:00:00", "2020-05-01T10:00:00Z", None),
        ("2020-05-03T10:00:00", "2020-05-01T10:00:00Z", 1),
        ("2020-05-01T10:00:00Z", "2020-05-03T10:00:00", -1),
        ("T10:30", "T10:30:00", None),
        ("T10:30:00", "T10:30:00.0", 0),
    ],
)
def test_precision_may_leave_the_order_open(left: str, right: str, order: int | None) -> None:
    assert compare(moment(left), moment(right)) == order
    assert compare(moment(right), moment(left)) == (None if order is None else -order)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "end"),
    [
        ("2020-01-31", "1", "month", "2020-02-29"),
        ("2020-02-29", "-1", "year", "2019-02-28"),
        ("2020-05-01", "1.9", "day", "2020-05-02"),
        ("2020-05", "59", "day", "2020-06"),
        ("2020", "364", "day", "2020"),
        ("T23:59:59.5", "600", "millisecond", "T00:00:00.1"),
        ("2020-05-01T10", "90", "minute", "2020-05-01T11"),
    ],
)
def test_durations(start: str, amount: str, unit: str, end: str) -> None:
    assert compare(add(moment(start), Decimal(amount), unit), moment(end)) == 0


@pytest.mark.parametrize(("start", "unit"), [("2020-01-01", "hour"), ("T10", "day"), ("9999-12-31", "year")])
def test_durations_that_do_not_fit(start: str, unit: str) -> None:
    with pytest.raises(FhirPathError):
        add(moment(start), Decimal(10), unit)


@pytest.mark.parametrize(
    "text", ["2020-13", "2021-02-29", "2020-1", "20", "2020-01-01T", "x", "2020-01-01T25", "１２３４"]
)
def test_what_is_no_date(text: str) -> None:
    assert temporal.date(text) is None
    assert text == "2020-01-01T" or temporal.date_time(text) is None
