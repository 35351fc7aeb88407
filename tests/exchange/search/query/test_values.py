from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.search.query.conditions import Comparison
from exchange.search.query.query import SearchError
from exchange.search.query.values import alternatives, date_comparison, number_comparison, split, unescaped
from exchange.search.value.dates import DAY, microseconds

NOW = datetime(2024, 1, 11, tzinfo=UTC)


@given(st.lists(st.text(alphabet="ab,\\|$", min_size=1), min_size=1))
def test_escaped_values_come_back(parts: list[str]) -> None:
    escaped = [part.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|") for part in parts]
    assert [unescaped(part) for part in alternatives("x", ",".join(escaped))] == parts


@given(st.text(alphabet="ab,\\|", max_size=20))
def test_nothing_is_lost_in_splitting(value: str) -> None:
    assert ",".join(split(value, ",")) == value


def test_a_date_with_its_prefix() -> None:
    low = microseconds(datetime(2024, 1, 1, tzinfo=UTC))
    assert date_comparison("d", "ge2024-01-01", UTC, NOW) == Comparison("ge", low, low + DAY)
    assert date_comparison("d", "ap2024-01-01", UTC, NOW) == Comparison("ap", low - DAY, low + 2 * DAY)


def test_a_plus_sign_that_was_not_encoded_in_the_url() -> None:
    spaced, plus = (date_comparison("d", f"2024-01-01T00:00:00{c}08:00", UTC, NOW) for c in " +")
    assert spaced == plus


def test_a_number_with_its_prefix() -> None:
    assert number_comparison("n", "5") == Comparison("eq", 4.5, 5.5)
    assert number_comparison("n", "gt5") == Comparison("gt", 5, 5)
    assert number_comparison("n", "ap-10") == Comparison("ap", -11, -9)


@pytest.mark.parametrize("value", ["", "gt", "1,5", "NaN", "Infinity", "1e999", "0x1", "1" * 41, "٣"])
def test_what_is_no_number(value: str) -> None:
    with pytest.raises(SearchError):
        number_comparison("n", value)
