"""References of a transaction, without a database."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.bundle import Criteria, Entry
from exchange.fhirjson import dumps
from exchange.sites import Names, may_refer, rewrite, sites, versioned
from terminology.issue import Issue

URN = "urn:uuid:1"
URNS = frozenset((URN,))


def entry(resource: dict[str, Any], full_url: str = "") -> Entry:
    return Entry(0, "POST", resource["resourceType"], "", full_url, b"", {})


def types(path: str) -> Sequence[str]:
    return {"valueUri": ("uri",), "url": ("url",), "div": ("xhtml",)}.get(path.rpartition(".")[2], ())


def rewritten(
    resource: dict[str, Any],
    identities: Mapping[str, str],
    matches: Mapping[Criteria, str] | None = None,
    full_url: str = "",
) -> list[Issue]:
    root = full_url.removesuffix("Basic/1")
    places = sites(resource, frozenset(identities), root)
    names = Names(identities, matches or {}, lambda name: 7)
    return list(rewrite(entry(resource, full_url), places, names, types))


def test_sites_are_found_with_their_paths() -> None:
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": URN},
        "component": [{}, {"extension": [{"valueReference": {"reference": URN}, "valueUri": URN}]}],
        "contained": [
            {"resourceType": "Patient", "generalPractitioner": [{"reference": "Practitioner?x=1"}]}
        ],
        "instantiatesUri": ["urn:uuid:2", URN],
        "note": [{"text": "urn:uuid:1 stands here"}],
        "focus": [{"reference": "Patient/1"}],
    }
    found = {(site.path, site.element) for site in sites(resource, URNS)}
    nested = "Observation.component[1].extension[0]"
    assert found == {
        ("Observation.subject.reference", "Observation.subject.reference"),
        (f"{nested}.valueReference.reference", "Observation.component.extension.valueReference.reference"),
        (f"{nested}.valueUri", "Observation.component.extension.valueUri"),
        (
            "Observation.contained[0].generalPractitioner[0].reference",
            "Patient.generalPractitioner.reference",
        ),
        ("Observation.instantiatesUri[1]", "Observation.instantiatesUri"),
    }


def test_a_bundle_inside_has_names_of_its_own() -> None:
    inner = {"resourceType": "Bundle", "entry": [{"resource": {"subject": {"reference": URN}}}]}
    assert not sites({"resourceType": "Basic", "contained": [inner]}, URNS)


def test_rewriting_starts_from_what_was_sent_each_time() -> None:
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": URN},
        "focus": [{"reference": "Patient?x=1"}],
    }
    places = sites(resource, URNS)
    criteria = Criteria("Patient", "x=1")
    for name in ("1", "2"):
        names = Names({URN: f"Patient/{name}"}, {criteria: f"Patient/c{name}"}, lambda name: 1)
        assert not list(rewrite(entry(resource), places, names, types))
        assert resource["subject"] == {"reference": f"Patient/{name}"}
        assert resource["focus"] == [{"reference": f"Patient/c{name}"}]


def test_only_uris_are_rewritten_beside_references() -> None:
    resource = {"resourceType": "Basic", "extension": [{"valueUri": URN, "valueCanonical": URN, "url": URN}]}
    assert not rewritten(resource, {URN: "Patient/1"})
    assert resource["extension"] == [{"valueUri": "Patient/1", "valueCanonical": URN, "url": "Patient/1"}]


REMOTE = "http://a.org/fhir/Patient/77"


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("Patient/77", "Patient/9"),
        (REMOTE, "Patient/9"),
        ("Patient/77/_history/3", "Patient/9/_history/7"),
        (f"{REMOTE}/_history/3", "Patient/9/_history/7"),
        (f"{REMOTE}#x", "Patient/9#x"),
        ("Patient/78", "Patient/78"),
        ("http://b.org/fhir/Patient/77", "http://b.org/fhir/Patient/77"),
    ],
)
def test_references_to_restful_full_urls(reference: str, expected: str) -> None:
    resource = {"resourceType": "Basic", "subject": {"reference": reference}}
    assert not rewritten(resource, {REMOTE: "Patient/9"}, full_url="http://a.org/fhir/Basic/1")
    assert resource["subject"] == {"reference": expected}


def test_a_versioned_urn_stays_versioned() -> None:
    resource = {"resourceType": "Basic", "subject": {"reference": f"{URN}/_history/1"}}
    named = {URN: "Patient/9"}
    assert list(versioned(sites(resource, URNS), entry(resource), named)) == ["Patient/9"]
    assert not rewritten(resource, named)
    assert resource["subject"] == {"reference": "Patient/9/_history/7"}


def test_links_in_narratives() -> None:
    div = (
        f'<div xmlns="http://www.w3.org/1999/xhtml"><a class="x" href="{URN}">a</a><a href=\'{URN}#p\'>b</a>'
        f'<img alt="" src="{URN}"/><a href="#{URN}">c</a><p title="{URN}">{URN}</p></div>'
    )
    resource = {"resourceType": "Basic", "text": {"status": "generated", "div": div}}
    assert not rewritten(resource, {URN: "Patient/9"})
    assert resource["text"]["div"] == (  # type: ignore[index]
        '<div xmlns="http://www.w3.org/1999/xhtml"><a class="x" href="Patient/9">a</a>'
        "<a href='Patient/9#p'>b</a>"
        f'<img alt="" src="Patient/9"/><a href="#{URN}">c</a><p title="{URN}">{URN}</p></div>'
    )


def test_escaped_links_in_narratives() -> None:
    resource = {"resourceType": "Basic", "text": {"div": '<div><a href="http://a.org/x?a=1&amp;b=2"/></div>'}}
    assert not rewritten(resource, {"http://a.org/x?a=1&b=2": "Patient/9"})
    assert resource["text"]["div"] == '<div><a href="Patient/9"/></div>'  # type: ignore[index]


@given(
    st.sampled_from(
        [
            "Patient/1",
            "http://a.org/fhir/Patient/1",
            "#p",
            "urn:isbn:3",
            "Patient",
            "Patient/1/_history/2",
            "",
        ]
    )
)
def test_other_references_stay(reference: str) -> None:
    resource = {"resourceType": "Basic", "subject": {"reference": reference}}
    assert not rewritten(resource, {URN: "Patient/9"})
    assert resource["subject"]["reference"] == reference  # type: ignore[index]


@pytest.mark.parametrize("reference", ["urn:uuid:9", "urn:oid:1.2", "urn:uuid:9/_history/1"])
def test_a_urn_that_nothing_has_is_named(reference: str) -> None:
    resource = {"resourceType": "Basic", "subject": {"reference": reference}}
    (issue,) = rewritten(resource, {URN: "Patient/9"})
    assert (issue.code, issue.expression) == ("not-found", "Bundle.entry[0].resource.subject.reference")


@given(
    st.lists(
        st.sampled_from(
            [URN, f"{URN}/_history/2", "Patient/1", "Patient?x=1", "urn:oid:3", REMOTE, "Patient/77", "x"]
        ),
        max_size=3,
    ),
    st.sampled_from([frozenset[str](), URNS, frozenset((REMOTE,)), frozenset((URN, REMOTE))]),
)
def test_the_look_at_the_text_misses_nothing(references: list[str], full_urls: frozenset[str]) -> None:
    resource = {"resourceType": "Basic", "subject": [{"reference": each} for each in references]}
    by_urn = all(url.startswith("urn:") for url in full_urls)
    if not may_refer(dumps(resource), full_urls, by_urn):
        assert not sites(resource, full_urls, "http://a.org/fhir/")
