"""What a summary or a choice of elements leaves is a valid resource again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.fhirjson import dumps, loads
from exchange.hub import definitions
from exchange.interactions.form import form_of
from exchange.interactions.projection import Summaries, chosen, project
from profiles.structure import compile_structure
from tests.profiles.strategies import resources

CHECK = compile_structure(definitions())
TYPES = sorted(definitions().resource_types)
ANY = st.sampled_from(TYPES).flatmap(lambda name: resources(definitions(), name))


def projected(resource: dict[str, Any], **parameters: str) -> dict[str, Any]:
    stored = {"resourceType": resource["resourceType"], "id": "1", "meta": {"versionId": "1"}, **resource}
    return loads(form_of(tuple(parameters.items()), definitions())(dumps(stored)))


def within(part: Any, whole: Any) -> bool:
    """Whether all of `part` stands in `whole`; of arrays in the same order."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(k in whole and within(part[k], whole[k]) for k in part)
    if isinstance(part, list):
        rest = iter(whole)
        return all(any(within(item, other) for other in rest) for item in part)
    return bool(part == whole)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_summary_and_its_elements(name: str) -> None:
    summaries = Summaries(definitions())
    node = summaries[name]
    assert {"id", "meta", "resourceType", "implicitRules"} <= set(node.kept)
    marked = {
        name
        for element in definitions().children(name)
        if element.is_summary or element.is_modifier or element.min
        for name in element.properties
    }
    assert set(node.kept) == marked | {"id", "meta", "resourceType", "implicitRules"}
    for element in definitions().children(name):
        for property_ in element.properties:
            assert property_ in chosen(definitions(), name, {property_: {}}).kept


@given(ANY, st.sampled_from(["true", "text", "data"]))
def test_a_summary_of_a_valid_resource_is_valid(resource: dict[str, Any], summary: str) -> None:
    if CHECK(resource | {"id": "1"}):
        return
    left = projected(resource, _summary=summary)
    assert CHECK(left) == []
    assert [tag.get("code") for tag in left["meta"]["tag"]].count("SUBSETTED") == 1
    left["meta"]["tag"].pop()
    if not left["meta"]["tag"]:
        del left["meta"]["tag"]
    assert within({k: v for k, v in left.items() if k != "meta"}, {"id": "1"} | resource)
    assert ("text" in left) == (summary == "text" and "text" in resource)


@given(ANY, st.data())
def test_chosen_elements_of_a_valid_resource_are_valid(resource: dict[str, Any], data: st.DataObject) -> None:
    if CHECK(resource | {"id": "1"}):
        return
    names = [element.name.removesuffix("[x]") for element in definitions().children(resource["resourceType"])]
    wanted = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    left = projected(resource, _elements=",".join(wanted))
    assert CHECK(left) == []
    for name in wanted:
        assert (name in left) == (name in resource or name in ("id", "meta")) or name not in names
        if name in resource and name not in ("meta", "id"):
            assert left[name] == resource[name]
    asked = {*wanted, "resourceType", "id", "meta", "implicitRules"}
    for property_ in left:
        element = definitions().element(f"{resource['resourceType']}.{property_.lstrip('_')}")
        assert element is not None or property_ == "resourceType"
        if element is not None and not element.is_modifier:
            stem = element.path.rpartition(".")[2].removesuffix("[x]")
            assert element.min or {property_.lstrip("_"), stem} & asked or _is_mandatory_choice(element.path)


def _is_mandatory_choice(path: str) -> bool:
    choice = definitions().element(path)
    return choice is not None and choice.min > 0


def test_what_would_be_empty_goes_unless_it_must_be_there() -> None:
    summaries = Summaries(definitions())
    attachment = {"data": "eA=="}
    reference = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": attachment}],
    }
    assert project(summaries["DocumentReference"], reference) == reference
    patient = {"resourceType": "Patient", "photo": [attachment], "contact": [{"name": {"text": "x"}}]}
    assert project(summaries["Patient"], patient) == {"resourceType": "Patient"}
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "component": [{"code": {"text": "y"}, "valueString": "z", "referenceRange": [{"text": "r"}]}],
        "note": [{"text": "n"}],
    }
    left = project(summaries["Observation"], observation)
    assert left["component"] == [{"code": {"text": "y"}, "valueString": "z"}]
    assert "note" not in left


def test_elements_at_any_depth_and_of_any_type() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "1",
        "meta": {"versionId": "1"},
        "active": True,
        "name": [{"use": "official", "family": "王", "given": ["小明"]}, {"text": "x"}],
        "contact": [{"name": {"family": "李", "text": "李四"}, "gender": "male"}],
        "birthDate": "1990",
    }

    def left(elements: str) -> dict[str, Any]:
        resource = loads(form_of((("_elements", elements),), definitions())(dumps(patient)))
        return {k: v for k, v in resource.items() if k not in ("resourceType", "id", "meta")}

    active = {"active": True}  # it changes the meaning of the rest
    assert left("birthDate") == active | {"birthDate": "1990"}
    assert left("Patient.birthDate, Observation.code") == active | {"birthDate": "1990"}
    assert left("name.family") == active | {"name": [{"use": "official", "family": "王"}]}
    assert left("Patient.name.family,name") == active | {"name": patient["name"]}
    assert left("name,name.family") == left("name.family,name") == active | {"name": patient["name"]}
    assert left("contact.name.text") == active | {"contact": [{"name": {"text": "李四"}}]}
    assert left("nonsense") == left("id") == active
    assert left("Observation.code") == {
        k: v for k, v in patient.items() if k not in ("resourceType", "id", "meta")
    }
    assert loads(form_of((("_elements", "Observation.code"),), definitions())(dumps(patient))) == patient


@given(st.text("abN.,Patient _", max_size=30))
def test_any_text_is_taken_or_refused(elements: str) -> None:
    from exchange.outcome import FhirError

    try:
        form = form_of((("_elements", elements),), definitions())
    except FhirError as refused:
        assert refused.status == 400  # noqa: PT017
    else:
        assert loads(form(b'{"resourceType":"Patient","id":"1","meta":{}}'))["id"] == "1"
