"""Everything valid passes; every kind of mistake is found, and where it is."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.definitions import definitions
from profiles.structure import compile_structure
from terminology.issue import Issue
from tests.profiles.strategies import PRIMITIVES, json_values, objects, resources


@cache
def structure() -> Any:
    return compile_structure(definitions())


def check(resource: Any) -> list[Issue]:
    found: list[Issue] = structure()(resource)
    return found


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **elements}


def observation(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "血糖"}, **elements}


ANY_TYPE = st.sampled_from(sorted(definitions().resource_types))
EXTENSION = {"url": "http://example.org/a", "valueString": "a"}


@settings(max_examples=200)
@given(st.data(), ANY_TYPE)
def test_every_valid_resource_passes(data: st.DataObject, resource_type: str) -> None:
    assert check(data.draw(resources(definitions(), resource_type))) == []


@given(st.data(), st.sampled_from(sorted(set(PRIMITIVES) - {"xhtml"})))
def test_every_primitive_may_be_the_value_of_an_extension(data: st.DataObject, code: str) -> None:
    name = f"value{code[0].upper()}{code[1:]}"
    assert check(patient(extension=[{"url": "http://x", name: data.draw(PRIMITIVES[code])}])) == []


@given(json_values)
def test_no_json_makes_it_raise(value: Any) -> None:
    for issue in check(value):
        assert issue.severity == "error"
        assert issue.diagnostics


def places(value: Any, at: str) -> Iterator[tuple[Any, Any, str]]:
    """(container, key, expression) of everything in a resource."""
    items = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, item in items:
        below = f"{at}[{key}]" if isinstance(value, list) else f"{at}.{key.removeprefix('_')}"
        if key != "resourceType":
            yield value, key, below
        yield from places(item, below)


@settings(max_examples=100)
@given(st.data(), ANY_TYPE)
def test_what_no_element_can_be_is_found_where_it_is(data: st.DataObject, resource_type: str) -> None:
    resource = {"language": "zh", **data.draw(resources(definitions(), resource_type))}
    container, key, expression = data.draw(st.sampled_from(list(places(resource, resource_type))))
    container[key] = data.draw(st.sampled_from(("", [], {}, [[]], [{}], {"\x00": 1}, float("nan"))))
    assert any(issue.expression.startswith(expression) for issue in check(resource))


@given(st.data(), ANY_TYPE)
def test_a_missing_required_element_is_named(data: st.DataObject, resource_type: str) -> None:
    resource = data.draw(resources(definitions(), resource_type))
    for element in definitions().children(resource_type):
        if element.min:
            names = {*element.properties, *map("_{}".format, element.properties)}
            issues = check({name: item for name, item in resource.items() if name not in names})
            at = f"{resource_type}.{element.name.removesuffix('[x]')}"
            assert ("required", at) in [(issue.code, issue.expression) for issue in issues]


@given(objects(definitions(), "Address"))
def test_an_unknown_property_is_found_below(address: dict[str, Any]) -> None:
    issues = check(patient(contact=[{"address": {**address, "ctiy": "上海"}}]))
    assert [(issue.code, issue.expression) for issue in issues] == [
        ("structure", "Patient.contact[0].address")
    ]
    assert "did you mean city?" in issues[0].diagnostics


MISTAKES = [
    (patient(birthDate="2023-02-30"), "value", "Patient.birthDate"),
    (patient(active="true"), "value", "Patient.active"),
    (patient(multipleBirthInteger=Decimal("1.0")), "value", "Patient.multipleBirthInteger"),
    (patient(multipleBirthInteger=True), "value", "Patient.multipleBirthInteger"),
    (patient(id="a b"), "value", "Patient.id"),
    (patient(id="a" * 65), "value", "Patient.id"),
    (patient(gender="m"), "code-invalid", "Patient.gender"),
    (patient(gender=" male"), "value", "Patient.gender"),
    (patient(gender=["male"]), "value", "Patient.gender"),
    (patient(name={"text": "王"}), "structure", "Patient.name"),
    (patient(name=[{"family": ["王"]}]), "structure", "Patient.name[0].family"),
    (patient(name=[{"text": "王"}, {"given": [" "]}]), "value", "Patient.name[1].given[0]"),
    (patient(name=[{"given": ["a", None]}]), "structure", "Patient.name[0].given[1]"),
    (patient(name=[{"id": "a"}]), "invariant", "Patient.name[0]"),
    (patient(name=[{"resourceType": "HumanName", "text": "a"}]), "structure", "Patient.name[0]"),
    (patient(text={"status": "empty", "div": "no"}), "value", "Patient.text.div"),
    (patient(text={"status": "empty"}), "required", "Patient.text.div"),
    (
        patient(managingOrganization={"reference": "Organisation/1"}),
        "value",
        "Patient.managingOrganization.reference",
    ),
    (patient(managingOrganization={"reference": "1"}), "value", "Patient.managingOrganization.reference"),
    (patient(contained=[{"id": "a"}]), "structure", "Patient.contained[0]"),
    (patient(contained=[patient(contained=[patient()])]), "invariant", "Patient.contained[0].contained"),
    (patient(contained=[patient(gender="m")]), "code-invalid", "Patient.contained[0].gender"),
    (patient(extension=[{"valueString": "a"}]), "required", "Patient.extension[0].url"),
    (patient(extension=[{"url": "a", "valueString": "a"}]), "value", "Patient.extension[0].url"),
    (patient(extension=[{"url": "urn:a"}]), "invariant", "Patient.extension[0]"),
    (patient(extension=[{**EXTENSION, "extension": [EXTENSION]}]), "invariant", "Patient.extension[0]"),
    (patient(extension=[{**EXTENSION, "valueCode": "a"}]), "structure", "Patient.extension[0].value"),
    (patient(_birthDate={"id": "a"}), "invariant", "Patient.birthDate"),
    (patient(_birthDate=[{"extension": [EXTENSION]}]), "structure", "Patient.birthDate"),
    (patient(_birthDate={"value": "2000"}), "structure", "Patient.birthDate"),
    (patient(_id={"id": "a"}), "structure", "Patient"),
    (patient(name=[{"given": ["a"], "_given": [None, None]}]), "structure", "Patient.name[0].given"),
    (patient(deceasedBoolean=True, deceasedDateTime="2020"), "structure", "Patient.deceased"),
    (observation(value="1"), "structure", "Observation"),
    (observation(valueQuantity={"value": "1"}), "value", "Observation.valueQuantity.value"),
    (observation(component=[{"valueString": "1"}]), "required", "Observation.component[0].code"),
    (observation(effectiveDateTime="2020-01-01T10:00:00"), "value", "Observation.effectiveDateTime"),
    ({"resourceType": "Medication", "status": "on"}, "code-invalid", "Medication.status"),
    (
        {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": patient(nam=1)}]},
        "structure",
        "Bundle.entry[0].resource",
    ),
    ({"resourceType": "patient"}, "structure", ""),
    ({"resourceType": ["Patient"]}, "structure", ""),
    ({}, "structure", ""),
    ([], "structure", ""),
]


@pytest.mark.parametrize(("resource", "code", "expression"), MISTAKES)
def test_a_mistake_is_found(resource: Any, code: str, expression: str) -> None:
    assert (code, expression) in [(issue.code, issue.expression) for issue in check(resource)]


FINE = [
    patient(),
    patient(birthDate="1980-01-01", _birthDate={"id": "a"}),
    patient(_birthDate={"extension": [EXTENSION]}),
    patient(_gender={"extension": [EXTENSION]}),
    patient(name=[{"given": ["a", None], "_given": [None, {"extension": [EXTENSION]}]}]),
    patient(extension=[{"url": "http://a", "extension": [{"url": "part", "valueCode": "a"}]}]),
    patient(deceasedBoolean=True, _deceasedBoolean={"id": "a"}),
    patient(managingOrganization={"reference": "Organization?identifier=http://a|1"}),
    observation(_status={"extension": [EXTENSION]}),
    {"resourceType": "Observation", "_status": {"extension": [EXTENSION]}, "code": {"text": "a"}},
]


@pytest.mark.parametrize("resource", FINE)
def test_an_unusual_form_passes(resource: Any) -> None:
    assert check(resource) == []


@pytest.mark.parametrize(
    ("concept", "valid"),
    [
        (
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
                ]
            },
            True,
        ),
        ({"coding": [{"system": "http://example.org", "code": "active"}]}, False),
        ({"coding": [{"code": "active"}]}, False),
        ({"text": "active"}, False),
        ({"extension": [EXTENSION]}, True),
    ],
)
def test_a_required_concept_has_a_coding_of_its_value_set(concept: Any, valid: bool) -> None:
    condition = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/1"},
        "clinicalStatus": concept,
    }
    assert [issue.expression for issue in check(condition)] == ([] if valid else ["Condition.clinicalStatus"])


def test_a_choice_without_its_type_is_explained() -> None:
    assert "with its type it is" in check(observation(effective="2020"))[0].diagnostics


def test_what_cannot_be_enumerated_is_not_judged() -> None:
    assert check(patient(photo=[{"contentType": "image/made-up"}])) == []


def test_a_hostile_body_costs_little_and_says_little() -> None:
    body = patient(
        **{f"nonsense{number}": number for number in range(100_000)},
        name=[{"given": [""] * 100_000}],
        photo=[{"data": "A" * 1_000_000 + "!"}],
        language="a " * 500_000,
    )
    start = process_time()
    issues = check(body)
    assert process_time() - start < 5
    assert len(issues) < 500
    assert max(len(issue.diagnostics) for issue in issues) < 500
