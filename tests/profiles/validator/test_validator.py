"""Whole resources: what R4 itself asks."""

import pytest

from profiles.validator import Options
from tests.profiles.validator.world import STRICT, Json, errors, told, validator

PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p",
    "text": {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml">Li Na &amp; x</div>',
    },
    "name": [{"family": "Li", "given": ["Na"], "period": {"start": "2001-01-01"}}],
    "gender": "female",
    "managingOrganization": {"reference": "Organization/o"},
}


def test_what_is_right_has_no_issues() -> None:
    assert validator().validate(PATIENT) == []


def test_a_patient_without_narrative_is_a_matter_of_practice() -> None:
    bare = {key: value for key, value in PATIENT.items() if key != "text"}
    assert told(validator(options=Options()).validate(bare)) == [("dom-6", "Patient")]
    assert validator(options=Options(best_practice="ignore")).validate(bare) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"contact": [{"gender": "male"}]}, ("pat-1", "Patient.contact[0]")),
        ({"name": [{"period": {"start": "2002", "end": "2001"}}]}, ("per-1", "Patient.name[0].period")),
        ({"telecom": [{"value": "1"}]}, ("cpt-2", "Patient.telecom[0]")),
        ({"text": {"status": "generated", "div": "<div>x</div>"}}, ("txt-1", "Patient.text.div")),
        (
            {"managingOrganization": {"reference": "#o"}},
            ("reference-contained", "Patient.managingOrganization"),
        ),
        (
            {"contained": [{"resourceType": "Organization", "id": "o", "name": "x"}]},
            ("dom-3", "Patient.contained[0]"),
        ),
        (
            {"photo": [{"contentType": "image/png", "data": "AAAA", "size": 4}]},
            ("attachment-size", "Patient.photo[0]"),
        ),
    ],
)
def test_a_broken_rule_is_told_where_it_is(change: Json, expected: tuple[str, str]) -> None:
    assert expected in errors(validator().validate(PATIENT | change))


def test_a_contained_resource_may_refer_to_its_container() -> None:
    organization = {"resourceType": "Organization", "id": "o", "name": "x"}
    used = PATIENT | {"contained": [organization], "managingOrganization": {"reference": "#o"}}
    assert validator().validate(used) == []
    wrong = used | {"generalPractitioner": [{"reference": "#o"}], "managingOrganization": {"reference": "#p"}}
    practitioner = {"resourceType": "Practitioner", "id": "p"}
    wrong["contained"] = [organization, practitioner]
    assert errors(validator().validate(wrong)) == [("reference-type", "Patient.managingOrganization")]


def test_wrong_structure_does_not_hide_the_rest() -> None:
    wrong = PATIENT | {"birthDate": 7, "photo": {}, "contact": [{"gender": "male"}]}
    places = [place for _, place in errors(validator().validate(wrong))]
    assert {"Patient.birthDate", "Patient.photo", "Patient.contact[0]"} <= set(places)


def test_what_is_no_resource_is_told_as_such() -> None:
    assert validator().validate({"resourceType": "Nonsense"})[0].severity == "error"
    assert validator().validate({})[0].severity == "error"


def test_choices_are_named_as_fhirpath_does() -> None:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "valueQuantity": {"value": 1, "code": "mg"},
    }
    assert errors(validator().validate(observation)) == [("qty-3", "Observation.value.ofType(Quantity)")]


def test_the_number_of_issues_has_an_end() -> None:
    names = [{"period": {"start": "2002", "end": "2001"}}] * 5000
    assert len(validator(options=Options(most=10)).validate(PATIENT | {"name": names})) == 20
    doubtful = [{"start": "2002", "_start": {"extension": [{"url": "urn:x:y", "valueString": "z"}]}}] * 100
    found = validator(options=Options(most=10)).validate(
        PATIENT | {"name": [{"period": p} for p in doubtful]}
    )
    assert 0 < len(found) <= 10


def test_depth_has_an_end() -> None:
    extension: Json = {"url": "https://tests.example/x", "valueString": "end"}
    for _ in range(5000):
        extension = {"url": "https://tests.example/x", "extension": [extension]}
    try:
        found = validator().validate(PATIENT | {"extension": [extension]})
    finally:
        while "extension" in extension:  # freed step by step
            extension = extension.pop("extension")[0]
    assert [issue.code for issue in found if issue.severity == "error"][-1] == "too-costly"


def test_rules_of_types_are_called_with_their_context() -> None:
    def no_smith(value, context):  # type: ignore[no-untyped-def]
        if value.get("family") == "Smith":
            assert context.resource["id"] == "p"
            yield context.issue("error", "business-rule", "No Smiths", "no-smith", ".family")

    ours = validator(rules={"HumanName": (no_smith,)})
    found = ours.validate(PATIENT | {"name": [{"text": "x"}, {"family": "Smith"}]})
    assert errors(found) == [("no-smith", "Patient.name[1].family")]


def test_profiles_of_a_type_are_the_hubs_own() -> None:
    vital = "http://hl7.org/fhir/StructureDefinition/vitalsigns"
    options = Options(best_practice="ignore", profiles={"Observation": (vital,)})
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    places = errors(validator(options=options).validate(observation))
    assert ("cardinality-min", "Observation") in places
    assert STRICT.profiles == {}


def test_text_that_looks_like_html_is_told_where_that_is_asked_for() -> None:
    marked = PATIENT | {"name": [{"text": "a < b"}, {"text": "<b onclick='x()'>a</b>"}]}
    assert validator().validate(marked) == []
    strict = validator(options=Options(best_practice="ignore", html="error"))
    assert errors(strict.validate(marked)) == [("html", "Patient.name[1].text")]
