from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.value.dates import (
    BEGINNING,
    DAY,
    FOREVER,
    date_range,
    microseconds,
    period_range,
    timing_range,
)

SHANGHAI = timezone(timedelta(hours=8))


def at(text: str) -> int:
    return microseconds(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01T00:00+08:00", "2025-01-01T00:00+08:00"),
        ("2024-02", "2024-02-01T00:00+08:00", "2024-03-01T00:00+08:00"),
        ("2023-12", "2023-12-01T00:00+08:00", "2024-01-01T00:00+08:00"),
        ("2024-02-29", "2024-02-29T00:00+08:00", "2024-03-01T00:00+08:00"),
        ("2024-02-29T10:00Z", "2024-02-29T10:00+00:00", "2024-02-29T10:01+00:00"),
        ("2024-02-29T10:00", "2024-02-29T10:00+08:00", "2024-02-29T10:01+08:00"),
        ("2024-02-29T10:00:05-04:00", "2024-02-29T14:00:05+00:00", "2024-02-29T14:00:06+00:00"),
        ("2024-02-29T10:00:05.25Z", "2024-02-29T10:00:05.250+00:00", "2024-02-29T10:00:05.260+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00", "2017-01-01T00:00:01+00:00"),
    ],
)
def test_a_date_covers_what_its_precision_leaves_open(text: str, start: str, end: str) -> None:
    assert date_range(text, SHANGHAI) == (at(start), at(end))


def test_digits_below_a_microsecond_are_one() -> None:
    start = at("2024-02-29T10:00:05.123456+00:00")
    assert date_range("2024-02-29T10:00:05.123456789Z", UTC) == (start, start + 1)


@pytest.mark.parametrize("text", ["9999", "9999-12", "9999-12-31"])
def test_the_last_day_there_is(text: str) -> None:
    assert date_range(text, SHANGHAI)[1] == at("9999-12-31T00:00+08:00") + DAY


@pytest.mark.parametrize(
    "text", ["", "2024-13", "2023-02-29", "2024-1-1", "0000", "now", "2024-01-01T25:00:00Z"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        date_range(text, UTC)


@given(st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9998, 1, 1)))
def test_more_precision_lies_within_less(moment: datetime) -> None:
    text = moment.isoformat(timespec="milliseconds")
    ranges = [date_range(text[:length], SHANGHAI) for length in (4, 7, 10, 16, 19, 23)]
    for (low, high), (start, end) in pairwise(ranges):
        assert low <= start < end <= high


def test_a_period_is_open_where_it_has_no_end() -> None:
    start, end = at("2024-01-01T00:00+00:00"), at("2025-01-01T00:00+00:00")
    assert period_range({"start": "2024"}, UTC) == (start, FOREVER)
    assert period_range({"end": "2024"}, UTC) == (BEGINNING, end)
    assert period_range({}, UTC) is None
    assert period_range({"start": "2025", "end": "2023"}, UTC) == (end, end)


def test_a_timing_reaches_from_its_first_event_to_its_last() -> None:
    timing = {"event": ["2024-05", None, "2024-02-03"]}
    first, last = at("2024-02-03T00:00+00:00"), at("2024-06-01T00:00+00:00")
    assert timing_range(timing, UTC) == (first, last)
    bounded = timing | {"repeat": {"boundsPeriod": {"end": "2024-04"}}}
    assert timing_range(bounded, UTC) == (BEGINNING, last)
    assert timing_range({"code": {"text": "daily"}}, UTC) is None
