"""Headers that decide about the answer."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.interactions.request import (
    decoded,
    http_date,
    if_match,
    instant_of,
    preference,
)
from exchange.outcome import FhirError


def test_preferences() -> None:
    assert preference(None).handling == "strict"
    assert preference("return=minimal; handling=lenient").returned == "minimal"
    assert preference("handling=lenient, return=OperationOutcome").handling == "lenient"
    assert preference("return=everything; wait=10").returned is None
    assert preference("return=minimal, return=representation").returned == "minimal"
    assert preference('Return="minimal"').returned == "minimal"
    assert preference("respond-async, return=minimal").respond_async
    assert not preference("handling=lenient").respond_async


def test_versions() -> None:
    assert if_match(None) is None
    assert if_match('W/"3"') == if_match('"3"') == if_match("3") == if_match(' W/"3" ') == 3


def test_instants() -> None:
    expected = datetime(2024, 1, 1, tzinfo=UTC)
    assert instant_of("2024-01-01T08:00:00 08:00", "_since") == expected
    assert instant_of("2024-01-01T00:00:00.000Z", "_since") == expected
    for text in (
        "2024-01-01",
        "2024-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "x",
        "",
    ):
        with pytest.raises(FhirError):
            instant_of(text, "_since")


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.just(timezone(timedelta(hours=8))))
)
def test_dates_of_headers(instant: datetime) -> None:
    assert http_date(instant) == format_datetime(instant.astimezone(UTC), usegmt=True)


def test_parameters() -> None:
    assert decoded("a=1&b=&a=2") == (("a", "1"), ("b", ""), ("a", "2"))
    assert decoded("name=%E7%8E%8B+x") == (("name", "王 x"),)
    with pytest.raises(FhirError):
        decoded("a=%ff")


@given(st.text(st.sampled_from("ab=&+%4e%7E;%ff%2玉 "), max_size=30))
def test_parameters_are_those_of_the_form_encoding(query: str) -> None:
    try:
        expected = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        with pytest.raises(FhirError):
            decoded(query)
    else:
        assert decoded(query) == tuple(expected)
