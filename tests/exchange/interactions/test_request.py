"""Headers that decide about the answer."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.interactions.request import (
    decoded,
    http_date,
    if_match,
    instant_of,
    preference,
    require_acceptable,
    require_content_type,
)
from exchange.outcome import FhirError


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/fhir+json",
        "application/json",
        "application/fhir+json; fhirVersion=4.0",
        "text/html, application/xhtml+xml, */*;q=0.8",
        "application/xml;q=0.9, application/fhir+json;q=0.5",
        "application/*",
        "APPLICATION/FHIR+JSON",
    ],
)
def test_json_is_acceptable(accept: str | None) -> None:
    require_acceptable(accept, None)


@pytest.mark.parametrize(
    "accept", ["application/fhir+xml", "text/html", "image/*", "application/fhir+json;q=0", "*/*; q=0.0"]
)
def test_nothing_but_json_is_offered(accept: str) -> None:
    with pytest.raises(FhirError) as refused:
        require_acceptable(accept, None)
    assert (refused.value.status, refused.value.issues[0].expression) == (406, "Accept")


def test_the_parameter_goes_before_the_header() -> None:
    for form in ("json", "application/fhir+json", "application/fhir json", "text/json", "JSON"):
        require_acceptable("text/html", form)
    for form in ("xml", "application/fhir+xml", "ttl", "", "x"):
        with pytest.raises(FhirError) as refused:
            require_acceptable("application/fhir+json", form)
        assert (refused.value.status, refused.value.issues[0].expression) == (406, "_format")


@pytest.mark.parametrize(
    "media",
    [
        "application/fhir+json",
        "application/json",
        "application/fhir+json; charset=UTF-8",
        'application/json;charset="utf-8"',
    ],
)
def test_bodies_that_are_read(media: str) -> None:
    require_content_type(media)


@pytest.mark.parametrize(
    "media",
    [
        None,
        "",
        "text/plain",
        "application/fhir+xml",
        "application/fhir+json; charset=gb18030",
        "multipart/form-data",
    ],
)
def test_bodies_that_are_not(media: str | None) -> None:
    with pytest.raises(FhirError) as refused:
        require_content_type(media)
    assert refused.value.status == 415


def test_preferences() -> None:
    assert preference(None).handling == "strict"
    assert preference("return=minimal; handling=lenient").returned == "minimal"
    assert preference("handling=lenient, return=OperationOutcome").handling == "lenient"
    assert preference("return=everything; wait=10").returned is None


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
