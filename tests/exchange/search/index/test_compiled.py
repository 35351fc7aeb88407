"""Generated extraction: the same text each time, and what composites, texts and places leave in the index."""

from functools import cache
from typing import Any

import pytest

from exchange.search.criteria import search_of
from exchange.search.definition.composite import paired
from exchange.search.definition.parameters import parameter_ids
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.search.index.phrase import CONTENT, NARRATIVE, text_phrase, texts_path
from exchange.search.index.row import IndexRow
from exchange.search.query.parse import parse
from exchange.search.query.query import SearchError
from exchange.search.value.numbers import sought_units
from exchange.search.value.token import coded, token, typed
from profiles.definitions import definitions

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
BASE = "http://127.0.0.1/fhir"


@cache
def extraction() -> Extraction:
    return compile_extraction(definitions(), BASE)


def row(resource_type: str, **content: Any) -> IndexRow:
    return extraction().row({"resourceType": resource_type, "id": "1"} | content)


def concept(code: str, system: str = LOINC) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


@pytest.mark.parametrize("resource_type", sorted(definitions().resource_types))
def test_every_type_compiles_to_the_same_text_each_time(resource_type: str) -> None:
    other = compile_extraction(definitions(), BASE)
    assert extraction().source_text(resource_type).count("\n") == other.source_text(resource_type).count("\n")
    assert row(resource_type) == IndexRow(
        patient=row(resource_type).patient, tokens=row(resource_type).tokens
    )


def test_what_belongs_to_one_component_stays_together() -> None:
    components = [
        {"code": concept("8480-6"), "valueQuantity": {"value": 120, "system": UCUM, "code": "mm[Hg]"}},
        {"code": concept("8462-4"), "valueQuantity": {"value": 80, "comparator": "<"}},
        {"code": concept("1-1"), "valueCodeableConcept": concept("x", "s")},
    ]
    found = row("Observation", component=components)
    key = "Observation.component(code+value as Quantity)"
    number, (unit,) = parameter_ids()[key], sought_units(UCUM, "mm[Hg]")
    expected = {
        (number, token(key, form), unit, 120.0, 120.0, None) for form in (coded(LOINC, "8480-6"), "8480-6")
    } | {
        (-number, token(key, form), None, float("-inf"), 80.0, None)
        for form in (coded(LOINC, "8462-4"), "8462-4")
    }
    assert set(found.composites) == expected
    pair = "Observation.component(code+value as CodeableConcept)"
    for first in (coded(LOINC, "1-1"), "1-1"):
        for second in (coded("s", "x"), "x"):
            assert token(pair, paired(first, second)) in found.tokens
    assert token(pair, paired("8480-6", "x")) not in found.tokens
    assert token(pair, paired("x", "1-1")) not in found.tokens


def test_a_reference_in_a_pair_is_known_with_its_version_and_without() -> None:
    target = {"reference": f"{BASE}/DocumentReference/d/_history/2"}
    found = row("DocumentReference", relatesTo=[{"code": "replaces", "target": target}])
    key = "DocumentReference.relatesTo(code+target)"
    for reference in ("DocumentReference/d", "DocumentReference/d/_history/2"):
        assert token(key, paired("replaces", reference)) in found.tokens


def test_a_variant_has_its_start_and_its_end() -> None:
    sequence = {"chromosome": concept("7")}
    found = row("MolecularSequence", referenceSeq=sequence, variant=[{"start": 10, "end": 20}, {"start": 5}])
    key = "MolecularSequence.variant(referenceSeq.chromosome+start+end)"
    number = parameter_ids()[key]
    assert {record for record in found.composites if record[0] == number} == {
        (number, token(key, form), None, 10.0, 20.0, None) for form in (coded(LOINC, "7"), "7")
    }


def test_the_type_of_an_identifier() -> None:
    identifier = {"value": "7", "type": {"text": "Number", **concept("MR", "s")}}
    found = row("Patient", identifier=[identifier, {"type": concept("MR", "s")}])
    assert token("Patient.identifier", typed("s", "MR", "7")) in found.tokens
    assert text_phrase(texts_path("Patient.identifier"), "number").token in found.tokens


def test_texts_beside_codes_and_references() -> None:
    code = {"coding": [{"code": "x", "display": "Body Height"}], "text": "How tall"}
    found = row("Observation", code=code, performer=[{"display": "Dr. Wu"}])
    values = {text.value for text in found.texts}
    assert {"body height", "how tall", "dr. wu"} <= values
    for key, text in (("code", "body height"), ("code", "how tall"), ("performer", "dr. wu")):
        assert text_phrase(texts_path(f"Observation.{key}"), text).token in found.tokens


def test_the_narrative_and_all_other_text() -> None:
    found = row(
        "Observation",
        text={"status": "generated", "div": "<div>Blood <b>pressure</b>&nbsp;high</div>"},
        note=[{"text": "Seen by night"}],
        interpretation=[{"coding": [{"code": "H", "display": "High"}]}],
        identifier=[{"value": "secret"}],
    )
    assert text_phrase(NARRATIVE, "Blood pressure high").words == next(
        text.words
        for text in found.texts
        if text.token == text_phrase(NARRATIVE, " Blood  pressure  high ").token
    )
    for content in ("Seen by night", "High"):
        assert text_phrase(CONTENT, content).token in found.tokens
    assert text_phrase(CONTENT, "secret").token not in found.tokens


@pytest.mark.parametrize("name", ["_text", "_content"])
def test_without_full_text_nothing_is_searched_by_it(name: str) -> None:
    search = search_of(compile_extraction(definitions(), BASE, full_text=False))
    for asked in (name, f"subject:Patient.{name}"):
        with pytest.raises(SearchError) as refused:
            parse(search, "Observation", [(asked, "bone")], "strict")
        assert refused.value.issue.code == "not-supported"
        assert name in refused.value.issue.diagnostics


def test_without_full_text_nothing_of_it_is_kept() -> None:
    silent = compile_extraction(definitions(), BASE, full_text=False)
    found = silent.row({"resourceType": "Observation", "id": "1", "note": [{"text": "Seen by night"}]})
    assert found.texts == ()


def test_very_much_text_is_one() -> None:
    items = [{"linkId": str(n), "text": f"Question {n}"} for n in range(100)]
    found = row("Questionnaire", item=items)
    assert len(found.texts) == 1
    nested = row("Questionnaire", item=[{"linkId": "1", "item": [{"linkId": "2", "text": "deep"}]}])
    assert text_phrase(CONTENT, "deep").token in nested.tokens


def test_where_a_location_is() -> None:
    assert row("Location", position={"latitude": 31.2, "longitude": 121.5}).positions == ((31.2, 121.5),)


def test_the_first_entry_of_a_document() -> None:
    entry = [{"resource": {"resourceType": "Composition", "id": "c"}}]
    there = token("Bundle.entry[0]", "Composition/c")
    assert there in row("Bundle", type="document", entry=entry).tokens
    assert there not in row("Bundle", type="collection", entry=entry).tokens


@pytest.mark.parametrize(("name", "value"), [("multipleBirthBoolean", True), ("multipleBirthInteger", 2)])
def test_a_twin(name: str, value: Any) -> None:
    assert token("Patient.multipleBirth as boolean", "true") in row("Patient", **{name: value}).tokens


def test_a_uri_is_kept_to_be_found_by_its_beginning() -> None:
    found = row("Observation", meta={"source": "http://h/feed#12", "profile": ["http://a/b|1"]})
    assert {text.value for text in found.texts} == {"http://h/feed", "http://a/b", "http://a/b|1"}
    for key, value in (
        ("source", "http://h/feed#12"),
        ("source", "http://h/feed"),
        ("profile", "http://a/b"),
    ):
        assert token(f"Observation.meta.{key}", value) in found.tokens
