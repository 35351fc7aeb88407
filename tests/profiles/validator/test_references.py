"""Where references lead, and what is asked of it."""

from typing import Any

import pytest

from profiles.validator import Options
from tests.profiles.validator.world import BASE, Json, element, errors, profile, told, validator


def entry(full_url: str, **resource: Any) -> Json:
    return {"fullUrl": full_url, "resource": resource}


def bundle(*entries: Json, **more: Any) -> Json:
    return {"resourceType": "Bundle", "type": "collection", "entry": list(entries), **more}


HTTP = "http://tests.example/fhir/"
UUID = "urn:uuid:00000000-0000-4000-8000-00000000000"


@pytest.mark.parametrize(
    ("full_urls", "reference", "expected"),
    [
        ((HTTP + "Patient/p", HTTP + "Group/g"), "Group/g", ["reference-type"]),
        ((HTTP + "Patient/p", HTTP + "Group/g"), HTTP + "Group/g", ["reference-type"]),
        ((UUID + "1", UUID + "2"), UUID + "2", ["reference-type"]),
        ((UUID + "1", UUID + "2"), "Group/g", ["reference-full-url"]),
        ((HTTP + "Patient/p", "http://other.example/Group/g"), "Group/g", ["reference-full-url"]),
        ((HTTP + "Patient/p", HTTP + "Group/g"), "Group/other", []),
    ],
)
def test_entries_are_found_by_the_rules_of_bundles(
    full_urls: tuple[str, str], reference: str, expected: list[str]
) -> None:
    """The general practitioner is no group, which tells that the group has been found."""
    given = bundle(
        entry(full_urls[0], resourceType="Patient", id="p", generalPractitioner=[{"reference": reference}]),
        entry(full_urls[1], resourceType="Group", id="g", type="person", actual=True),
    )
    assert [name for name, _ in told(validator().validate(given))] == expected


def test_a_version_is_part_of_a_reference() -> None:
    target = entry(HTTP + "Group/g", resourceType="Group", id="g", type="person", actual=True)
    target["resource"]["meta"] = {"versionId": "2"}
    for version, expected in (("2", ["reference-type"]), ("1", ["reference-full-url"])):
        reference = f"Group/g/_history/{version}"
        source = entry(
            HTTP + "Patient/p", resourceType="Patient", id="p", generalPractitioner=[{"reference": reference}]
        )
        assert [name for name, _ in told(validator().validate(bundle(source, target)))] == expected


def test_what_must_exist_may_stand_elsewhere() -> None:
    patient: Json = {"resourceType": "Patient", "managingOrganization": {"reference": "Organization/o"}}
    stored = {"resourceType": "Organization", "id": "o", "name": "x"}
    strict = Options(best_practice="ignore", references="exists")
    assert errors(validator(options=strict).validate(patient)) == [
        ("reference-exists", "Patient.managingOrganization")
    ]
    found = validator(options=strict, resolve_reference={"Organization/o": stored}.get)
    assert errors(found.validate(patient)) == []
    by_text = Options(best_practice="ignore", references="type")
    wrong = patient | {"managingOrganization": {"reference": "Group/o"}}
    assert errors(validator(options=by_text).validate(wrong)) == [
        ("reference-type", "Patient.managingOrganization")
    ]


def test_resources_in_parameters_know_each_other() -> None:
    strict = Options(best_practice="ignore", references="exists")
    coverage = {
        "resourceType": "Coverage",
        "id": "c",
        "status": "active",
        "beneficiary": {"reference": "Patient/p"},
        "payor": [{"display": "x"}],
    }
    part = {"name": "b", "part": [{"name": "c", "resource": {"resourceType": "Patient", "id": "p"}}]}
    given: Json = {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": coverage}, part]}
    assert errors(validator(options=strict).validate(given)) == []
    del given["parameter"][1]
    assert errors(validator(options=strict).validate(given)) == [
        ("reference-exists", "Parameters.parameter[0].resource.beneficiary")
    ]


def test_targets_and_aggregation_of_a_profile() -> None:
    named = profile("named", "Organization", element("Organization.name", min=1))
    type_ = {
        "code": "Reference",
        "targetProfile": [named["url"]],
        "aggregation": ["contained"],
    }
    structure = profile("p", "Patient", element("Patient.managingOrganization", type=[type_]))
    ours = validator(structure, named)
    inside: Json = {
        "resourceType": "Patient",
        "contained": [{"resourceType": "Organization", "id": "o", "name": "x"}],
        "managingOrganization": {"reference": "#o"},
    }
    assert errors(ours.validate(inside, (structure["url"],))) == []
    inside["contained"][0] = {"resourceType": "Organization", "id": "o", "identifier": [{"value": "1"}]}
    assert errors(ours.validate(inside, (structure["url"],))) == [
        ("reference-profile", "Patient.managingOrganization")
    ]
    everywhere = Options(best_practice="ignore", aggregation="everywhere")
    outside: Json = {"resourceType": "Patient", "managingOrganization": {"reference": "Organization/o"}}
    found = validator(structure, named, options=everywhere).validate(outside, (structure["url"],))
    assert errors(found) == [("reference-aggregation", "Patient.managingOrganization")]
    assert BASE in structure["baseDefinition"]


def test_a_reference_says_the_right_type() -> None:
    patient: Json = {
        "resourceType": "Patient",
        "managingOrganization": {"reference": "Organization/o", "type": "Organization"},
    }
    assert errors(validator().validate(patient)) == []
    patient["managingOrganization"]["type"] = "Group"
    assert errors(validator().validate(patient)) == [("reference-says-type", "Patient.managingOrganization")]
