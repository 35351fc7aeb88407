"""Which format is sent, and which bodies are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.negotiation import PLAIN, Presentation, media_ranges, presentation, sent_format
from exchange.outcome import FhirError

JSON = (
    None,
    "",
    "*/*",
    "*",
    "application/fhir+json",
    "APPLICATION/FHIR+JSON",
    "application/json",
    "text/json",
    "application/json+fhir",
    "application/fhir+json; fhirVersion=4.0",
    "application/fhir+json; fhirVersion=4.0; charset=utf-8",
    "text/html",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/xml;q=0.5, application/fhir+json;q=0.9",
    "application/fhir+xml, application/fhir+json",
    "application/fhir+xml;q=0, */*",
    "application/*",
    "text/*;q=0.3",
    "application/fhir+xml;fhirVersion=5.0, application/fhir+json;fhirVersion=4.0",
    "image/png, */*;q=0.1",
    "q=1, ;;;",
)
XML = (
    "application/fhir+xml",
    "application/xml",
    "text/xml",
    "application/xml+fhir",
    "application/fhir+xml, */*",
    "application/fhir+xml, application/*;q=0.9",
    "application/fhir+json;q=0.5, application/fhir+xml;q=0.9",
    "application/fhir+json;q=0.5, application/fhir+xml",
    "application/json;q=0, application/xml;q=0.1",
    "application/*;q=0.1, text/xml;q=.2",
    "application/fhir+xml;fhirVersion=4.0, application/fhir+json;fhirVersion=5.0",
    "application/fhir+json;q=0, */*;q=0.5",
)
NEITHER = (
    "image/png",
    "text/turtle",
    "application/fhir+json;q=0",
    "*/*;q=0",
    "*/*;q=0.000",
    "application/fhir+json;fhirVersion=3.0",
    "application/fhir+xml;fhirVersion=5.0, application/pdf",
)


def test_the_format_of_the_answer() -> None:
    assert {accept: presentation(accept).format for accept in JSON} == dict.fromkeys(JSON, "json")
    assert {accept: presentation(accept).format for accept in XML} == dict.fromkeys(XML, "xml")
    assert presentation("*/*") is presentation(None, "json", "false") is PLAIN


@pytest.mark.parametrize("accept", NEITHER)
def test_what_cannot_be_given(accept: str) -> None:
    with pytest.raises(FhirError) as refused:
        presentation(accept)
    assert (refused.value.status, refused.value.issues[0].expression) == (406, "Accept")


def test_the_parameter_goes_before_the_header() -> None:
    for form in ("json", "application/fhir+json", "application/fhir json", "text/json", "JSON"):
        assert presentation("application/fhir+xml", form).format == "json"
    for form in ("xml", "application/fhir xml", "text/xml", "application/xml; fhirVersion=4.0"):
        assert presentation("image/png", form).format == "xml"
    for form in ("ttl", "html", "", "x", "application/fhir+json;fhirVersion=3.0"):
        with pytest.raises(FhirError) as refused:
            presentation("application/fhir+json", form)
        assert (refused.value.status, refused.value.issues[0].expression) == (406, "_format")


def test_pretty() -> None:
    assert presentation(None, None, "true") == Presentation("json", True)
    for text in ("", "1", "True", "yes"):
        with pytest.raises(FhirError) as refused:
            presentation(None, None, text)
        assert (refused.value.status, refused.value.issues[0].expression) == (400, "_pretty")


def test_bodies_that_are_read() -> None:
    for media in (
        "application/fhir+json",
        "application/json",
        "application/fhir+json; charset=UTF-8",
        'application/json;charset="utf-8"',
        "text/json; fhirVersion=4.0",
    ):
        assert sent_format(media) == "json"
    for media in ("application/fhir+xml", "text/xml;charset=utf-8", "application/xml; fhirVersion=4.0"):
        assert sent_format(media) == "xml"


@pytest.mark.parametrize(
    "media",
    [
        None,
        "",
        "text/plain",
        "application/fhir+json; charset=gb18030",
        "application/fhir+xml; fhirVersion=5.0",
        "multipart/form-data",
        "json",
    ],
)
def test_bodies_that_are_not(media: str | None) -> None:
    with pytest.raises(FhirError) as refused:
        sent_format(media)
    assert (refused.value.status, refused.value.issues[0].expression) == (415, "Content-Type")


@given(st.text(st.sampled_from('*/,;=q.01 "aplicton/fhir+jsxm'), max_size=80))
def test_any_header_gives_a_format_or_406(accept: str) -> None:
    assert all(0 <= each.quality < 2 and "/" in each.name for each in media_ranges(accept))
    try:
        assert presentation(accept).format in ("json", "xml")
    except FhirError as refused:
        assert refused.status == 406  # noqa: PT017
