"""References of a transaction, without a database."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.bundle import (
    Criteria,
    Entry,
    conditional,
    entries,
    envelope,
    refuse_overlap,
    rewrite,
    root_of,
    sites,
)
from exchange.outcome import FhirError

URN = "urn:uuid:1"


def entry(resource: dict[str, Any], full_url: str = "", index: int = 0) -> Entry:
    return Entry(index, "POST", resource["resourceType"], "", full_url, resource, {})


def never(path: str) -> bool:
    return False


def test_sites_are_found_with_their_paths() -> None:
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": "Patient/1"},
        "component": [{}, {"extension": [{"valueReference": {"reference": URN}, "valueUri": URN}]}],
        "contained": [{"resourceType": "Patient", "generalPractitioner": [{"reference": "#x"}]}],
        "instantiatesUri": ["urn:uuid:2", URN],
    }
    found = {(site.path, site.element) for site in sites(resource, frozenset((URN,)))}
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


def test_rewriting_starts_from_what_was_sent_each_time() -> None:
    resource = {
        "resourceType": "Observation",
        "subject": {"reference": URN},
        "focus": [{"reference": "Patient?x=1"}],
    }
    places = sites(resource, frozenset((URN,)))
    criteria = Criteria("Patient", "x=1")
    for name in ("1", "2"):
        named = {URN: f"Patient/{name}"}
        assert not list(rewrite(entry(resource), places, named, {criteria: f"Patient/c{name}"}, never))
        assert resource["subject"] == {"reference": f"Patient/{name}"}
        assert resource["focus"] == [{"reference": f"Patient/c{name}"}]


def test_only_uris_are_rewritten_beside_references() -> None:
    resource = {"resourceType": "Basic", "extension": [{"valueUri": URN, "valueString": URN}]}
    places = sites(resource, frozenset((URN,)))
    list(rewrite(entry(resource), places, {URN: "Patient/1"}, {}, lambda path: path.endswith("valueUri")))
    assert resource["extension"] == [{"valueUri": "Patient/1", "valueString": URN}]


@given(
    st.sampled_from(
        ["Patient/1", "http://a.org/fhir/Patient/1", "#p", "urn:isbn:3", "Patient", "Patient/1/_history/2"]
    )
)
def test_other_references_stay(reference: str) -> None:
    resource = {"resourceType": "Basic", "subject": {"reference": reference}}
    issues = list(rewrite(entry(resource), sites(resource, frozenset()), {URN: "Patient/9"}, {}, never))
    assert resource["subject"]["reference"] == reference
    assert not issues


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


def test_roots() -> None:
    assert root_of("http://a.org/fhir/Patient/1") == "http://a.org/fhir/"
    assert root_of("https://a.org/Patient/1/_history/2") == "https://a.org/"
    assert root_of("urn:uuid:1") == root_of("http://a.org/fhir/metadata") == root_of("") == ""


def test_entries() -> None:
    bundle = {
        "entry": [
            {
                "fullUrl": URN,
                "resource": {"resourceType": "Patient"},
                "request": {"method": "PUT", "url": "/Patient?a=b%20c", "ifMatch": 'W/"1"'},
            },
            {"request": {"method": "GET", "url": "http://hub.example/fhir/Patient/a%2Db"}},
        ]
    }
    first, second = entries(bundle, "http://hub.example/fhir")
    assert (first.method, first.path, first.query) == ("PUT", "Patient", "a=b%20c")
    assert first.headers == {"if-match": 'W/"1"'}
    assert second.segments == ["Patient", "a-b"]


def test_the_envelope_is_without_resources() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"fullUrl": URN, "resource": {"x": 1}}, "nonsense"]}
    assert envelope(bundle)["entry"] == [{"fullUrl": URN}, "nonsense"]
    assert bundle["entry"][0]["resource"] == {"x": 1}
    assert envelope({"entry": {}}) == {"entry": {}}


def test_overlap_names_the_later_entry() -> None:
    one, two = entry({"resourceType": "Patient"}, index=1), entry({"resourceType": "Patient"}, index=2)
    refuse_overlap([(one, ("Patient", "a")), (two, ("Patient", "b"))])
    with pytest.raises(FhirError) as refused:
        refuse_overlap([(two, ("Patient", "a")), (one, ("Patient", "a"))])
    assert [issue.expression for issue in refused.value.issues] == ["Bundle.entry[2]"]
