"""Bundles as they come, without a database."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.bundle import (
    Criteria,
    Entry,
    conditional,
    entries,
    may_be_conditional,
    opened,
    refuse_overlap,
    root_of,
)
from exchange.fhirjson import UnreadableJson
from exchange.outcome import FhirError

URN = "urn:uuid:1"


def entry(index: int) -> Entry:
    return Entry(index, "POST", "Patient", "", "", b"", {})


@pytest.mark.parametrize(
    ("reference", "criteria"),
    [
        ("Patient?identifier=a|b", Criteria("Patient", "identifier=a|b")),
        ("Practitioner?a=b?c", Criteria("Practitioner", "a=b?c")),
        ("Patient?", None),
        ("Patient/1?x=1", None),
        ("http://a.org/fhir/Patient?x=1", None),
        ("?x=1", None),
    ],
)
def test_conditional_references(reference: str, criteria: Criteria | None) -> None:
    assert conditional(reference) == criteria
    text = json.dumps({"subject": {"reference": reference}}, separators=(",", ":")).encode()
    assert may_be_conditional(text) or criteria is None


def test_roots() -> None:
    assert root_of("http://a.org/fhir/Patient/1") == "http://a.org/fhir/"
    assert root_of("https://a.org/Patient/1/_history/2") == "https://a.org/"
    assert root_of("urn:uuid:1") == root_of("http://a.org/fhir/metadata") == root_of("") == ""


BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "entry": [
        {
            "fullUrl": URN,
            "resource": {"resourceType": "Patient", "name": [{"text": "甲"}]},
            "request": {"method": "PUT", "url": "/Patient?a=b%20c", "ifMatch": 'W/"1"'},
        },
        {"request": {"method": "GET", "url": "http://hub.example/fhir/Patient/a%2Db"}},
    ],
}


def test_entries() -> None:
    first, second = entries(opened(json.dumps(BUNDLE).encode()), "http://hub.example/fhir")
    assert (first.method, first.path, first.query) == ("PUT", "Patient", "a=b%20c")
    assert first.headers == {"if-match": 'W/"1"'}
    assert first.read()[0] == {"resourceType": "Patient", "name": [{"text": "甲"}]}
    assert second.segments == ["Patient", "a-b"]
    with pytest.raises(FhirError, match="invalid"):
        second.read()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_ascii", [True, False])
def test_a_bundle_is_opened_however_it_is_spelled(indent: int | None, is_ascii: bool) -> None:
    sent = opened(json.dumps(BUNDLE, indent=indent, ensure_ascii=is_ascii).encode())
    assert sent.envelope["entry"][0] == {
        "fullUrl": URN,
        "request": {"method": "PUT", "url": "/Patient?a=b%20c", "ifMatch": 'W/"1"'},
    }
    assert json.loads(sent.bodies[0]) == BUNDLE["entry"][0]["resource"]
    assert sent.bodies[1] == b""


def test_an_escaped_name_is_a_name() -> None:
    sent = opened(b'{"resourceType":"Bundle","\\u0065ntry":[{"resourc\\u0065":{"x":1}}]}')
    assert sent.bodies == [b'{"x":1}']
    assert set(sent.envelope["entry"][0]) == {"fullUrl"}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"entry":[],"entry":[]}',
        b'{"entry":[{"fullUrl":"a","fullUrl":"b"}]}',
        b'{"entry":[{"resource":{"id":"a"},"resource":{"id":"a"}}]}',
        b'{"entry":[{"request":{"url":"a","url":"a"}}]}',
        b'{"entry":[{"resource":{"id":"a"},"\\u0072esource":{"id":"a"}}]}',
        b'{ "entry" : [ {"resource":{"id":"a"} , "resource":{"id":"a"}}]}',
        b'{"entry":[',
        b"[]",
        b"",
    ],
)
def test_what_cannot_be_opened(raw: bytes) -> None:
    with pytest.raises(UnreadableJson):
        opened(raw)


def test_a_member_that_stands_twice_in_a_resource() -> None:
    raw = b'{"entry":[{"request":{"method":"POST","url":"Patient"},"resource":{"a":1,"a":1}}]}'
    (only,) = entries(opened(raw), "")
    with pytest.raises(FhirError) as refused:
        only.read()
    assert refused.value.issues[0].expression == "Bundle.entry[0].resource"


@given(st.sampled_from([{"entry": {}}, {"entry": ["nonsense"]}, {"entry": [None]}, {"entry": None}, {}]))
def test_what_is_wrong_with_entries_is_left_to_the_check(bundle: dict[str, Any]) -> None:
    assert opened(json.dumps(bundle).encode()).envelope == bundle


def test_overlap_names_the_later_entry() -> None:
    one, two = entry(1), entry(2)
    refuse_overlap([(one, ("Patient", "a")), (two, ("Patient", "b"))])
    with pytest.raises(FhirError) as refused:
        refuse_overlap([(two, ("Patient", "a")), (one, ("Patient", "a"))])
    assert [issue.expression for issue in refused.value.issues] == ["Bundle.entry[2]"]
