"""Slices by each kind of discriminator."""

from typing import Any

import pytest

from tests.profiles.validator.world import BASE, OURS, Json, element, errors, profile, sliced, validator


def check(structure: Json, resource: Json, *others: Json) -> list[tuple[str, str]]:
    return errors(validator(structure, *others).validate(resource, (structure["url"],)))


def telecoms(rules: str = "open", **more: Any) -> Json:
    return profile(
        "telecoms",
        "Patient",
        element("Patient.telecom", slicing=sliced("system", rules=rules, **more), min=1),
        element("Patient.telecom:phone", min=1, max="2"),
        element("Patient.telecom:phone.system", min=1, fixedCode="phone"),
        element("Patient.telecom:phone.value", min=1),
        element("Patient.telecom:mail", min=0, max="1"),
        element("Patient.telecom:mail.system", min=1, patternCode="email"),
    )


def patient(*systems: str) -> Json:
    return {"resourceType": "Patient", "telecom": [{"system": one, "value": "x"} for one in systems]}


@pytest.mark.parametrize(
    ("systems", "expected"),
    [
        (("phone", "email", "fax"), []),
        (("email",), [("slice-min", "Patient")]),
        (("phone", "email", "email"), [("slice-max", "Patient")]),
    ],
)
def test_by_value(systems: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert check(telecoms(), patient(*systems)) == expected


def test_what_a_slice_says_is_of_its_values_alone() -> None:
    resource = {"resourceType": "Patient", "telecom": [{"system": "phone"}, {"system": "email"}]}
    assert check(telecoms(), resource) == [("cardinality-min", "Patient.telecom[0]")]


def test_closed_and_ordered() -> None:
    assert check(telecoms("closed"), patient("phone", "fax")) == [("slice-closed", "Patient.telecom[1]")]
    assert check(telecoms("openAtEnd"), patient("fax", "phone")) == [("slice-at-end", "Patient.telecom[1]")]
    assert check(telecoms("openAtEnd"), patient("phone", "fax")) == []
    assert check(telecoms(ordered=True), patient("email", "phone")) == [("slice-order", "Patient.telecom[1]")]


def test_by_what_is_there() -> None:
    structure = profile(
        "use",
        "Patient",
        element("Patient.name", slicing=sliced("use", kind="exists")),
        element("Patient.name:used", min=0, max="1"),
        element("Patient.name:used.use", min=1),
        element("Patient.name:plain", min=1, max="*"),
        element("Patient.name:plain.use", max="0"),
    )
    used, plain = {"use": "usual", "text": "x"}, {"text": "x"}
    assert check(structure, {"resourceType": "Patient", "name": [used, plain]}) == []
    found = check(structure, {"resourceType": "Patient", "name": [used, used]})
    assert found == [("slice-max", "Patient"), ("slice-min", "Patient")]


def test_by_type_of_a_choice() -> None:
    structure = profile(
        "value",
        "Observation",
        element("Observation.value[x]", slicing=sliced("$this", kind="type")),
        element("Observation.value[x]:valueQuantity", type=[{"code": "Quantity"}], min=0, max="1"),
        element("Observation.value[x]:valueQuantity.unit", min=1),
    )
    observation: Json = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    assert check(structure, observation | {"valueQuantity": {"value": 1, "unit": "mg"}}) == []
    assert check(structure, observation | {"valueQuantity": {"value": 1}}) == [
        ("cardinality-min", "Observation.value.ofType(Quantity)")
    ]
    assert check(structure, observation | {"valueString": "x"}) == []


def entries(*resources: Json) -> Json:
    given = [{"fullUrl": f"urn:uuid:{number:036}", "resource": one} for number, one in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "collection", "entry": given}


def test_by_type_of_a_resource_and_of_what_is_referred_to() -> None:
    by_entry = profile(
        "entries",
        "Bundle",
        element("Bundle.entry", slicing=sliced("resource", kind="type")),
        element("Bundle.entry:patient", min=1, max="1"),
        element("Bundle.entry:patient.resource", type=[{"code": "Patient"}]),
    )
    patient_, group = {"resourceType": "Patient"}, {"resourceType": "Group", "type": "person", "actual": True}
    assert check(by_entry, entries(patient_, group)) == []
    assert check(by_entry, entries(group)) == [("slice-min", "Bundle")]

    by_target = profile(
        "performers",
        "Observation",
        element("Observation.performer", slicing=sliced("resolve()", kind="type")),
        element(
            "Observation.performer:doctor",
            min=1,
            type=[{"code": "Reference", "targetProfile": [BASE + "Practitioner"]}],
        ),
    )
    observation: Json = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "contained": [{"resourceType": "Practitioner", "id": "d"}],
        "performer": [{"reference": "#d"}],
    }
    assert check(by_target, observation) == []
    observation["contained"] = [{"resourceType": "Organization", "id": "d", "name": "x"}]
    assert check(by_target, observation) == [("slice-min", "Observation")]


def test_by_profile() -> None:
    dated = profile("dated", "Patient", element("Patient.birthDate", min=1))
    structure = profile(
        "entries",
        "Bundle",
        element("Bundle.entry", slicing=sliced("resource", kind="profile")),
        element("Bundle.entry:dated", min=1, max="1"),
        element("Bundle.entry:dated.resource", type=[{"code": "Patient", "profile": [dated["url"]]}]),
    )
    plain, born = {"resourceType": "Patient"}, {"resourceType": "Patient", "birthDate": "2001"}
    assert check(structure, entries(plain, born), dated) == []
    assert check(structure, entries(plain), dated) == [("slice-min", "Bundle")]
    assert check(structure, entries(born, born), dated) == [("slice-max", "Bundle")]


def test_slices_of_extensions_go_by_url() -> None:
    extension = profile(
        "colour",
        "Extension",
        element("Extension.url", fixedUri=OURS + "colour"),
        element("Extension.value[x]", min=1, type=[{"code": "string"}]),
        context=[{"type": "element", "expression": "Patient"}],
    )
    structure = profile(
        "coloured",
        "Patient",
        element("Patient.extension", slicing=sliced("url")),
        element(
            "Patient.extension:colour",
            min=1,
            max="1",
            type=[{"code": "Extension", "profile": [OURS + "colour"]}],
        ),
    )
    red = {"url": OURS + "colour", "valueString": "red"}
    assert check(structure, {"resourceType": "Patient", "extension": [red]}, extension) == []
    assert check(structure, {"resourceType": "Patient"}, extension) == [("slice-min", "Patient")]
    assert check(structure, {"resourceType": "Patient", "extension": [red, red]}, extension) == [
        ("slice-max", "Patient")
    ]
    number = {"url": OURS + "colour", "valueInteger": 1}
    assert check(structure, {"resourceType": "Patient", "extension": [number]}, extension) == [
        ("type", "Patient.extension[0].value.ofType(integer)")
    ]


def test_slices_within_slices() -> None:
    structure = profile(
        "codes",
        "Observation",
        element("Observation.category", slicing=sliced("coding.code"), min=1),
        element("Observation.category:lab", min=1, max="1"),
        element("Observation.category:lab.coding", slicing=sliced("system")),
        element("Observation.category:lab.coding:ours", min=1, max="1"),
        element("Observation.category:lab.coding:ours.system", min=1, fixedUri="urn:x:ours"),
        element("Observation.category:lab.coding:ours.code", min=1, fixedCode="lab"),
    )
    observation: Json = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    lab = {"coding": [{"system": "urn:x:other", "code": "l"}, {"system": "urn:x:ours", "code": "lab"}]}
    assert check(structure, observation | {"category": [lab]}) == []
    other = {"coding": [{"system": "urn:x:other", "code": "lab"}]}
    assert check(structure, observation | {"category": [other]}) == [("slice-min", "Observation.category[0]")]
