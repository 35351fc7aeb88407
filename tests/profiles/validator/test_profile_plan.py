"""What profiles ask beyond their type."""

from typing import Any

import pytest

from profiles.validator import Options
from tests.profiles.validator.world import OURS, Json, element, errors, profile, sliced, told, validator

PATIENT: Json = {"resourceType": "Patient"}
REGEX: Json = {"url": "http://hl7.org/fhir/StructureDefinition/regex", "valueString": "[0-9]{4}"}


def check(structure: Json, resource: Json, *others: Json) -> list[tuple[str, str]]:
    return errors(validator(structure, *others).validate(resource, (structure["url"],)))


def patient(*elements: Json) -> Json:
    return profile("patient", "Patient", *elements)


@pytest.mark.parametrize(
    ("says", "given", "expected"),
    [
        ({"min": 1}, {}, [("cardinality-min", "Patient")]),
        ({"max": "0"}, {"birthDate": "2001"}, [("cardinality-max", "Patient")]),
        ({"fixedDate": "2001"}, {"birthDate": "2001"}, []),
        ({"fixedDate": "2001"}, {"birthDate": "2002"}, [("fixed", "Patient.birthDate")]),
        ({"patternDate": "2001"}, {"birthDate": "2002"}, [("pattern", "Patient.birthDate")]),
        ({"minValueDate": "2001-01-01"}, {"birthDate": "2000-12-31"}, [("least-value", "Patient.birthDate")]),
        (
            {"maxValueDate": "2001-01-01"},
            {"birthDate": "2001-01-02"},
            [("greatest-value", "Patient.birthDate")],
        ),
        ({"maxValueDate": "2001-01-01"}, {"birthDate": "2001-01-01"}, []),
        ({"extension": [REGEX]}, {"birthDate": "2001"}, []),
        ({"extension": [REGEX]}, {"birthDate": "2001-01"}, [("regex", "Patient.birthDate")]),
        (
            {"minValueQuantity": {"value": 200, "code": "a", "system": "http://unitsofmeasure.org"}},
            {"birthDate": "1700-01-01"},
            [("least-value", "Patient.birthDate")],
        ),
    ],
)
def test_of_one_element(says: Json, given: Json, expected: list[tuple[str, str]]) -> None:
    assert check(patient(element("Patient.birthDate", **says)), PATIENT | given) == expected


def test_lengths_of_repeating_text() -> None:
    structure = patient(element("Patient.name", min=1, max="2"), element("Patient.name.given", maxLength=3))
    resource = PATIENT | {"name": [{"given": ["Anna", "Li"]}, {"text": "x"}, {"text": "y"}]}
    assert check(structure, resource) == [
        ("cardinality-max", "Patient"),
        ("max-length", "Patient.name[0].given[0]"),
    ]


def test_a_pattern_asks_for_its_parts_alone() -> None:
    pattern = {"coding": [{"system": "urn:x:s", "code": "a"}]}
    structure = profile("o", "Observation", element("Observation.code", patternCodeableConcept=pattern))
    coded: Any = {"resourceType": "Observation", "status": "final"}
    more = {
        "coding": [{"system": "urn:x:t", "code": "b"}, {"system": "urn:x:s", "code": "a", "display": "A"}]
    }
    assert check(structure, coded | {"code": more}) == []
    assert check(structure, coded | {"code": {"text": "x"}}) == [("pattern", "Observation.code")]


def test_types_of_a_choice_are_narrowed() -> None:
    structure = profile(
        "o", "Observation", element("Observation.value[x]", type=[{"code": "Quantity"}, {"code": "string"}])
    )
    observation: Json = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    assert check(structure, observation | {"valueString": "x"}) == []
    assert check(structure, observation | {"valueInteger": 1}) == [
        ("type", "Observation.value.ofType(integer)")
    ]


def test_a_constraint_is_of_the_element_that_has_it() -> None:
    rule = {"key": "own-1", "severity": "error", "human": "Not Li", "expression": "family != 'Li'"}
    warned = {"key": "own-2", "severity": "warning", "human": "Rare", "expression": "name.count() < 2"}
    structure = patient(element("Patient", constraint=[warned]), element("Patient.name", constraint=[rule]))
    structure["differential"]["element"].pop(0)
    resource = PATIENT | {"name": [{"family": "Li"}, {"family": "Wu"}]}
    found = validator(structure).validate(resource, (structure["url"],))
    assert told(found) == [("own-1", "Patient.name[0]"), ("own-2", "Patient")]


def test_a_type_may_have_a_profile_of_its_own() -> None:
    one = profile("use", "Address", element("Address.use", min=1))
    other = profile("city", "Address", element("Address.city", min=1))
    of_one = patient(element("Patient.address", type=[{"code": "Address", "profile": [one["url"]]}]))
    either = [{"code": "Address", "profile": [one["url"], other["url"]]}]
    of_either = patient(element("Patient.address", type=either))
    plain, both = PATIENT | {"address": [{"text": "x"}]}, PATIENT | {"address": [{"city": "x"}]}
    assert check(of_one, plain, one) == [("cardinality-min", "Patient.address[0]")]
    names = [name for name, _ in check(of_either, plain, one, other)]
    assert sorted(names) == ["cardinality-min", "cardinality-min", "type-profile"]
    assert check(of_either, both, one, other) == []


def test_a_profile_that_asks_for_itself_comes_to_an_end() -> None:
    circle = profile(
        "circle",
        "Patient",
        element("Patient.link.other", type=[{"code": "Reference", "targetProfile": [OURS + "circle"]}]),
        element("Patient.birthDate", min=1),
    )
    entries = [
        {
            "fullUrl": f"http://tests.example/Patient/{name}",
            "resource": {
                "resourceType": "Patient",
                "id": name,
                "birthDate": "2001",
                "link": [{"type": "seealso", "other": {"reference": f"Patient/{other}"}}],
                "meta": {"profile": [circle["url"]]},
            },
        }
        for name, other in (("a", "b"), ("b", "a"))
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert errors(validator(circle).validate(bundle)) == []
    del entries[1]["resource"]["birthDate"]  # type: ignore[attr-defined]
    found = errors(validator(circle).validate(bundle))
    assert ("reference-profile", "Bundle.entry[0].resource.link[0].other") in found


def test_unknown_profiles_are_told_and_of_another_type_refused() -> None:
    claimed = PATIENT | {"meta": {"profile": [OURS + "nowhere"]}}
    found = validator().validate(claimed)
    assert [(issue.severity, issue.expression) for issue in found] == [("warning", "Patient.meta.profile[0]")]
    assert errors(validator().validate(PATIENT, (OURS + "nowhere",))) == [("profile-unknown", "Patient")]
    wrong = profile("o", "Observation")
    assert errors(validator(wrong).validate(PATIENT, (wrong["url"],))) == [("profile-type", "Patient")]


def test_extensions_of_a_primitive_are_reached() -> None:
    structure = patient(element("Patient.birthDate.extension", max="0"))
    resource = PATIENT | {
        "birthDate": "2001",
        "_birthDate": {
            "extension": [
                {
                    "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                    "valueDateTime": "2001-01-01T00:00:00Z",
                }
            ]
        },
    }
    assert check(structure, resource) == [("cardinality-max", "Patient.birthDate")]


def test_entries_of_a_bundle_may_be_asked_for_a_profile() -> None:
    dated = profile("dated", "Patient", element("Patient.birthDate", min=1))
    options = Options(best_practice="ignore", entries={"Patient:1": (dated["url"],)})
    entries = [{"fullUrl": f"urn:uuid:{n:036}", "resource": PATIENT | {"id": str(n)}} for n in range(3)]
    bundle: Json = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    assert errors(validator(dated, options=options).validate(bundle)) == [
        ("cardinality-min", "Bundle.entry[1].resource")
    ]


def test_an_element_of_a_profile_may_be_the_profile_of_a_type() -> None:
    library = profile(
        "library",
        "Composition",
        element("Composition.section", slicing=sliced("code", kind="pattern")),
        element("Composition.section:titled"),
        element("Composition.section:titled.title", min=1),
        element("Composition.section:titled.code", min=1, patternCodeableConcept={"text": "titled"}),
    )
    named = {
        "code": "BackboneElement",
        "profile": [library["url"]],
        "_profile": [
            {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element",
                        "valueString": "Composition.section:titled",
                    }
                ]
            }
        ],
    }
    user = profile(
        "user",
        "Composition",
        element("Composition.section", slicing=sliced("code", kind="pattern")),
        element("Composition.section:mine", min=1, type=[named]),
    )
    composition: Json = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "x"},
        "date": "2001",
        "author": [{"display": "x"}],
        "title": "x",
        "section": [{"code": {"text": "titled"}, "entry": [{"display": "x"}]}],
    }
    assert check(user, composition, library) == [("cardinality-min", "Composition.section[0]")]
    composition["section"][0]["title"] = "x"
    assert check(user, composition, library) == []
