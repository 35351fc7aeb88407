"""What the definitions answer, against facts of the standard."""

from time import process_time

import pytest

from profiles.definitions import R4, Definitions, definitions
from profiles.element import Element
from profiles.packages.package import load_package


def element(path: str) -> Element:
    found = definitions().element(path)
    assert found is not None
    return found


def test_loading_is_quick_enough_for_a_start() -> None:
    start = process_time()
    Definitions([load_package(R4)])
    assert process_time() - start < 1


def test_the_types_of_r4() -> None:
    assert len(definitions().resource_types) == 146
    assert {"Patient", "Bundle", "Parameters"} <= definitions().resource_types
    assert not {"Resource", "DomainResource", "bp", "FiveWs"} & definitions().resource_types
    assert len(definitions().primitive_types) == 20
    assert {"HumanName", "Age", "Extension"} <= definitions().complex_types


def test_search_parameters() -> None:
    parameters = {(base, one.code): one for one in definitions().search_parameters for base in one.base}
    assert len(parameters) == sum(len(one.base) for one in definitions().search_parameters)
    assert parameters["Resource", "_id"].expression == "Resource.id"
    assert parameters["Observation", "device"].target == ("Device", "DeviceMetric")
    assert parameters["Observation", "code-value-quantity"].type == "composite"
    assert len(parameters["Observation", "code-value-quantity"].component) == 2
    assert parameters["Patient", "birthdate"].type == "date"


def test_the_patient_compartment() -> None:
    compartment = definitions().compartment("Patient")
    assert compartment["Observation"] == ("subject", "performer")
    assert compartment["Patient"] == ("link",)
    assert "Organization" not in compartment
    assert len(compartment) == 66


@pytest.mark.parametrize(
    ("path", "types", "is_list"),
    [
        ("Patient.name", ("HumanName",), True),
        ("Patient.name.given", ("string",), True),
        ("Patient.contact", ("BackboneElement",), True),
        ("Patient.contact.name.family", ("string",), False),
        ("Patient.id", ("id",), False),
        ("Patient.name.id", ("string",), False),
        ("Patient.birthDate.extension", ("Extension",), True),
        ("Extension.url", ("uri",), False),
        ("Observation.valueQuantity", ("Quantity",), False),
        ("Observation.valueQuantity.value", ("decimal",), False),
        ("Observation.component.referenceRange.low.value", ("decimal",), False),
        ("Questionnaire.item.item.item.linkId", ("string",), False),
        ("Bundle.entry.resource", ("Resource",), False),
        ("Timing.repeat.boundsPeriod.start", ("dateTime",), False),
    ],
)
def test_an_element_is_found_through_types(path: str, types: tuple[str, ...], is_list: bool) -> None:
    assert (element(path).types, element(path).is_list) == (types, is_list)


@pytest.mark.parametrize(
    "path",
    [
        "Patient",
        "Patient.nmae",
        "Nothing.name",
        "Patient.name.given.first",
        "Observation.valueAddress",
        "",
        ".name",
    ],
)
def test_what_is_not_there_is_none(path: str) -> None:
    assert definitions().element(path) is None


def test_a_choice() -> None:
    assert element("Observation.value[x]") == element("Observation.value")
    assert element("Observation.value").is_choice
    assert element("Observation.value").properties["valueDateTime"] == "dateTime"
    assert not element("Observation.valueDateTime").is_choice
    assert element("Annotation.authorReference").targets["Reference"] == (
        "Practitioner", "Patient", "RelatedPerson", "Organization",
    )  # fmt: skip
    assert element("Annotation.authorString").targets == {}


def test_cardinality_binding_and_reference() -> None:
    status = element("Observation.status")
    assert (status.min, status.max, status.is_modifier, status.is_summary) == (1, 1, True, True)
    assert element("Patient.name").max is None
    assert status.binding is not None
    assert status.binding.strength == "required"
    assert "final" in (definitions().codes(status.binding.value_set) or ())
    assert element("Questionnaire.item.item").content_reference == "Questionnaire.item"
    assert element("Observation.subject").targets["Reference"] == ("Patient", "Group", "Device", "Location")


def test_children_in_their_order() -> None:
    names = [child.name for child in definitions().children("Patient.contact")]
    assert names == [
        "id", "extension", "modifierExtension", "relationship", "name", "telecom", "address", "gender",
        "organization", "period",
    ]  # fmt: skip
    assert [child.name for child in definitions().children("Period")] == ["id", "extension", "start", "end"]
    assert definitions().children("Nothing") == ()


def test_every_element_has_a_type_that_is_there() -> None:
    known = definitions().resource_types | definitions().complex_types | definitions().primitive_types
    homes = list(known)
    while homes:
        for child in definitions().children(homes.pop()):
            assert set(child.types) <= known | {"Resource"}, child
            if definitions().home(child) == child.path:
                homes.append(child.path)


def test_codes() -> None:
    assert definitions().codes("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1") == {
        "male", "female", "other", "unknown",
    }  # fmt: skip
    assert definitions().codes("http://hl7.org/fhir/ValueSet/mimetypes") is None
    assert definitions().codes("http://example.org/nothing") is None
    confidentiality = definitions().codes(
        "http://terminology.hl7.org/ValueSet/v3-ConfidentialityClassification"
    )
    assert confidentiality == set("ULMNRV")


def test_a_definition_by_its_url() -> None:
    gender = definitions().resource("http://hl7.org/fhir/administrative-gender|4.0.1")
    assert gender is not None
    assert gender["concept"][0] == {"code": "male", "display": "Male"}
    assert definitions().resource("http://example.org/nothing") is None
