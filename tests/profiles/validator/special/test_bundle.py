"""Bundles by their type."""

from typing import Any

import pytest

from tests.profiles.validator.special.world import told

BASE = "https://hospital.example/fhir"


def patient(name: str = "p", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, **more}


def entry(resource: dict[str, Any], full_url: str | None = "", **more: Any) -> dict[str, Any]:
    url = f"{BASE}/{resource['resourceType']}/{resource.get('id', 'x')}" if full_url == "" else full_url
    return {**({"fullUrl": url} if url else {}), "resource": resource, **more}


def bundle(kind: str, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, **more, **({"entry": list(entries)} if entries else {})}


def ids(resource: dict[str, Any]) -> list[tuple[str, str]]:
    wanted = ("bundle", "searchset")
    return [(name, at.removeprefix("Bundle")) for _, name, at in told(resource) if name.startswith(wanted)]


def composition(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": {"text": "letter"},
        "date": "2026-01-01",
        "title": "Letter",
        "author": [{"reference": "Practitioner/d"}],
        **more,
    }


DOCUMENT = {
    "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"},
    "timestamp": "2026-01-01T00:00:00Z",
}
DOCTOR = {"resourceType": "Practitioner", "id": "d"}


@pytest.mark.parametrize(
    ("full_url", "resource", "expected"),
    [
        (f"{BASE}/Patient/p", patient(), []),
        (f"{BASE}/Patient/q", patient(), ["bundle-full-url-id"]),
        (f"{BASE}/Patient/q", {"resourceType": "Patient"}, ["bundle-full-url-no-id"]),
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", patient(), []),
        (f"{BASE}/Practise/q", patient(), []),
        (None, patient(), ["bundle-full-url"]),
    ],
)
def test_full_urls(full_url: str | None, resource: dict[str, Any], expected: list[str]) -> None:
    assert [name for name, _ in ids(bundle("collection", entry(resource, full_url)))] == expected


def test_a_transaction_needs_no_full_urls() -> None:
    request = {"method": "PUT", "url": "Patient/p"}
    assert ids(bundle("transaction", entry(patient(), None, request=request))) == []


def test_links_of_paging_stand_once() -> None:
    link = {"relation": "self", "url": f"{BASE}/Patient"}
    found = ids(bundle("searchset", link=[link, link, {"relation": "related", "url": "x"}]))
    assert found == [("bundle-link-twice", ".link[1]")]


@pytest.mark.parametrize(("kind", "first"), [("document", "Composition"), ("message", "MessageHeader")])
def test_the_first_entry(kind: str, first: str) -> None:
    assert ("bundle-first", ".entry[0]") in ids(bundle(kind, entry(patient())))


def test_a_document_holds_what_its_composition_refers_to() -> None:
    good = bundle("document", entry(composition()), entry(DOCTOR), **DOCUMENT)
    assert ids(good) == []
    far = bundle(
        "document", entry(composition()), entry(DOCTOR, "https://other.example/Practitioner/d"), **DOCUMENT
    )
    assert ids(far) == [
        ("bundle-reference-other", ".entry[0].resource.author[0]"),
        ("bundle-unreachable", ".entry[1]"),
    ]
    none = bundle(
        "document",
        entry(composition(section=[{"entry": [{"reference": "Patient/p"}]}])),
        entry(DOCTOR),
        **DOCUMENT,
    )
    assert ids(none) == [("bundle-reference", ".entry[0].resource.section[0].entry[0]")]


def test_what_only_leads_to_the_document_s_entries_is_doubtful() -> None:
    account = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    account["performer"] = [{"reference": "Practitioner/d"}]
    found = ids(bundle("document", entry(composition()), entry(DOCTOR), entry(account), **DOCUMENT))
    assert found == [("bundle-reached-backwards", ".entry[2]")]


def searchset(*entries: dict[str, Any], url: str = f"{BASE}/Patient?name=x") -> dict[str, Any]:
    return bundle("searchset", *entries, link=[{"relation": "self", "url": url}])


def test_search_results_are_of_the_type_that_was_searched_for() -> None:
    match = {"mode": "match"}
    assert ids(searchset(entry(patient(), search=match))) == []
    assert ids(searchset(entry(DOCTOR, search=match))) == [("searchset-type", ".entry[0].resource")]
    assert ids(searchset(entry(DOCTOR, search={"mode": "include"}))) == []
    both = f"{BASE}?_type=Patient,Practitioner"
    assert ids(searchset(entry(DOCTOR, search=match), url=both)) == []
    outcome = entry(patient(), search={"mode": "outcome"})
    assert ids(searchset(outcome)) == [("searchset-outcome", ".entry[0].resource")]


def test_a_searchset_without_modes_or_self_link() -> None:
    assert ids(bundle("searchset", entry(patient()))) == [("searchset-self", ""), ("searchset-mode", "")]


@pytest.mark.parametrize("kind", ["document", "message", "collection", "transaction", "batch-response"])
def test_pages_are_of_searches_and_histories(kind: str) -> None:
    links = [
        {"relation": "next", "url": "https://a.example/2"},
        {"relation": "self", "url": "https://a.example"},
    ]
    given = bundle(kind, link=[*links, links[1]])
    assert [one for one in ids(given) if one[0].startswith("bundle-link")] == [
        ("bundle-link-page", ".link[0].relation"),
        ("bundle-link-twice", ".link[2].relation"),
    ]


def test_a_stylesheet_stands_in_the_document_and_belongs_to_it() -> None:
    sheet = {"resourceType": "Binary", "id": "s", "contentType": "text/css", "data": "YQ=="}
    links = [
        {"relation": "stylesheet", "url": "Binary/s"},
        {"relation": "stylesheet", "url": "Binary/none"},
        {"relation": "stylesheet", "url": "http://a.example/x.css"},
    ]
    first = composition(extension=[{"url": "http://example.org/picture", "valueUrl": f"{BASE}/Binary/i"}])
    picture = {"resourceType": "Binary", "id": "i", "contentType": "image/png", "data": "YQ=="}
    given = bundle(
        "document", entry(first), entry(DOCTOR), entry(sheet), entry(picture), link=links, **DOCUMENT
    )
    assert ids(given) == [
        ("bundle-stylesheet", ".link[1].url"),
        ("bundle-stylesheet-external", ".link[2].url"),
        ("bundle-stylesheet-insecure", ".link[2].url"),
    ]


def test_a_canonical_url_is_a_full_url_only_where_it_is_served() -> None:
    definition = {"resourceType": "ValueSet", "id": "v", "status": "active"}
    served = {**definition, "url": f"{BASE}/ValueSet/v"}
    assert ids(bundle("collection", entry(served))) == []
    named = {**definition, "url": "https://a.example/sets/v"}
    assert ids(bundle("collection", entry(named, "https://a.example/sets/v"))) == [
        ("bundle-full-url-canonical", ".entry[0]")
    ]
    assert ids(bundle("collection", entry(patient(), "Patient/p"))) == [
        ("bundle-full-url-absolute", ".entry[0]")
    ]
