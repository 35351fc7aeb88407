from typing import Any

import pytest

from adapters.mapping.draft import Draft
from adapters.mapping.functions import Choice, Primitive
from adapters.mapping.target import compile_target, deletion
from profiles.definitions import definitions

EXTENSIONS = {"religion": "http://x/religion", "animal": "http://x/animal", "species": "species"}


def draft(resource_type: str = "Patient") -> Draft:
    return Draft({"resourceType": resource_type, "id": "1"}, f"{resource_type}/1", "", "merge", None)


def place(draft: Draft, target: str, value: Any, node: object = None, **beside: Any) -> bool:
    resource_type = draft.resource["resourceType"]
    return compile_target(target, resource_type, definitions(), EXTENSIONS, beside)(draft, node, value)


def test_an_element_is_taken_once() -> None:
    patient = draft()
    assert place(patient, "gender", "male")
    assert place(patient, "gender", "male")
    assert not place(patient, "gender", "female")
    assert patient.resource["gender"] == "male"


def test_lists_add_and_forget_repetition() -> None:
    patient = draft()
    for name in ({"text": "a"}, {"text": "b"}, {"text": "a"}):
        assert place(patient, "name", name)
    assert patient.resource["name"] == [{"text": "a"}, {"text": "b"}]


def test_a_new_element_each_time_with_constants_beside() -> None:
    encounter = draft("Encounter")
    for who in ("a", "b"):
        assert place(encounter, "participant[+].individual", {"display": who}, type=[{"text": "ATND"}])
    assert encounter.resource["participant"] == [
        {"type": [{"text": "ATND"}], "individual": {"display": "a"}},
        {"type": [{"text": "ATND"}], "individual": {"display": "b"}},
    ]


def test_rows_of_one_node_share_a_named_element() -> None:
    encounter, one, two = draft("Encounter"), object(), object()
    for node, reference, rank in ((one, "a", 1), (two, "b", 2)):
        assert place(encounter, "diagnosis[dg].condition", {"reference": reference}, node)
        assert place(encounter, "diagnosis[dg].rank", rank, node)
    assert encounter.resource["diagnosis"] == [
        {"condition": {"reference": "a"}, "rank": 1},
        {"condition": {"reference": "b"}, "rank": 2},
    ]


def test_objects_are_filled() -> None:
    encounter = draft("Encounter")
    assert place(encounter, "period.start", "2024")
    assert place(encounter, "period.end", "2025")
    assert encounter.resource["period"] == {"start": "2024", "end": "2025"}


def test_an_object_that_was_placed_is_not_changed() -> None:
    condition, remembered = draft("Condition"), {"coding": [{"code": "x"}]}
    assert place(condition, "code", remembered)
    assert place(condition, "code.text", "words")
    assert condition.resource["code"] == {"coding": [{"code": "x"}], "text": "words"}
    assert remembered == {"coding": [{"code": "x"}]}


def test_extensions_by_name() -> None:
    patient = draft()
    assert place(patient, "extension(religion).valueString", "道")
    assert place(patient, "extension(animal)[a].extension(species).valueString", "猫")
    assert patient.resource["extension"] == [
        {"url": "http://x/religion", "valueString": "道"},
        {"url": "http://x/animal", "extension": [{"url": "species", "valueString": "猫"}]},
    ]


def test_what_stands_beside_a_primitive() -> None:
    patient = draft()
    assert place(patient, "_birthDate.extension(religion).valueString", "x")
    assert place(patient, "birthDate", "1990")
    assert patient.resource["_birthDate"] == {"extension": [{"url": "http://x/religion", "valueString": "x"}]}


def test_a_primitive_brings_its_extension() -> None:
    patient = draft()
    assert place(patient, "gender", Primitive(None, ({"url": "u"},)))
    assert "gender" not in patient.resource
    assert patient.resource["_gender"] == {"extension": [{"url": "u"}]}
    allergy = draft("AllergyIntolerance")
    assert place(allergy, "category", "food")
    assert place(allergy, "category", Primitive("environment", ({"url": "u"},)))
    assert place(allergy, "category", "medication")
    assert allergy.resource["category"] == ["food", "environment", "medication"]
    assert allergy.resource["_category"] == [None, {"extension": [{"url": "u"}]}, None]


def test_a_choice_has_one_type() -> None:
    observation = draft("Observation")
    assert place(observation, "value[x]", Choice("String", "a"))
    assert not place(observation, "value[x]", Choice("Boolean", True))
    patient = draft()
    assert place(patient, "deceasedDateTime", "2024")
    assert not place(patient, "deceasedBoolean", True)
    request = draft("ServiceRequest")
    assert place(request, "occurrence[x]", Choice("DateTime", "2024"))
    assert not place(request, "occurrencePeriod.start", "2024")


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("sex", "R4 has no Patient.sex"),
        ("name.nick", "R4 has no"),
        ("contact.gender", "repeats: write"),
        ("extension(karma).valueString", "no extension named 'karma'"),
        ("extension.valueString", "is written extension"),
        ("name(religion).text", "is written extension"),
        ("gender[", "not a path"),
        ("", "not a path"),
        ("name..text", "not a path"),
    ],
)
def test_a_target_that_cannot_be_is_refused(target: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        compile_target(target, "Patient", definitions(), EXTENSIONS, {})


def test_constants_need_an_element_to_stand_in() -> None:
    with pytest.raises(ValueError, match="needs a list element"):
        compile_target("gender", "Patient", definitions(), EXTENSIONS, {"a": 1})


@pytest.mark.parametrize(
    ("target", "deleted"),
    [
        ("gender", "gender"),
        ("communication[+].language", "communication.language"),
        ("hospitalization.admitSource", "hospitalization.admitSource"),
        ("extension(animal)[a].extension(species).valueString", "extension.where(url='http://x/animal')"),
        ("occurrence[x]", "occurrence"),
        ("telecom.where(use='home')", "telecom.where(use='home')"),
        ("", ""),
    ],
)
def test_deletions(target: str, deleted: str) -> None:
    assert deletion(target, EXTENSIONS) == deleted


def test_a_deletion_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a path"):
        deletion("telecom.first()", EXTENSIONS)
