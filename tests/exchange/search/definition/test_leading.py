"""The leading parameters are facts of stored rows: a change here means that hubs must index again."""

from functools import cache

import pytest

from exchange.search.definition.leading import Registry, compile_registry
from profiles.definitions import definitions


@cache
def registry() -> Registry:
    return compile_registry(definitions())


@pytest.mark.parametrize(
    ("resource_type", "date", "code", "patient"),
    [
        ("AllergyIntolerance", "date", "code", "patient"),
        ("Appointment", "date", None, "patient"),
        ("AuditEvent", "date", "type", "patient"),
        ("CarePlan", "date", "category", "patient"),
        ("Claim", "created", None, "patient"),
        ("Composition", "date", "type", "patient"),
        ("Condition", "onset-date", "code", "patient"),
        ("Consent", "date", "category", "patient"),
        ("Coverage", None, "type", "patient"),
        ("DiagnosticReport", "date", "code", "patient"),
        ("DocumentReference", "date", "type", "patient"),
        ("Encounter", "date", "type", "patient"),
        ("EpisodeOfCare", "date", "type", "patient"),
        ("ExplanationOfBenefit", "created", None, "patient"),
        ("ImagingStudy", "started", None, "patient"),
        ("Immunization", "date", "vaccine-code", "patient"),
        ("MedicationAdministration", "effective-time", "code", "patient"),
        ("MedicationDispense", "whenhandedover", "code", "patient"),
        ("MedicationRequest", "authoredon", "code", "patient"),
        ("Observation", "date", "code", "patient"),
        ("Organization", None, "type", None),
        ("Patient", "birthdate", None, None),
        ("Practitioner", None, None, None),
        ("Procedure", "date", "code", "patient"),
        ("Provenance", "recorded", None, "patient"),
        ("QuestionnaireResponse", "authored", None, "patient"),
        ("RelatedPerson", "birthdate", None, "patient"),
        ("ServiceRequest", "authored", "code", "patient"),
        ("Specimen", "collected", "type", "patient"),
        ("Task", "authored-on", "code", None),
    ],
)
def test_what_leads(resource_type: str, date: str | None, code: str | None, patient: str | None) -> None:
    of = registry().of(resource_type)
    found = [parameter.code if parameter else None for parameter in (of.date, of.code, of.patient)]
    assert found == [date, code, patient]


@pytest.mark.parametrize(
    "resource_type", ["Account", "Appointment", "AuditEvent", "Group", "Person", "Provenance"]
)
def test_several_patients_lead_only_where_nothing_else_joins_a_compartment(resource_type: str) -> None:
    of = registry().of(resource_type)
    assert of.several_patients
    assert of.patient is not None
    assert {source.key for source in of.compartment} == of.patient.keys


def test_the_patient_column_answers_subject_as_well() -> None:
    of = registry().of("Observation")
    assert of.is_patient(of.parameters["subject"])
    assert not of.is_patient(of.parameters["performer"])


def test_every_type_compiles() -> None:
    for name in registry().resource_types:
        assert {"_id", "_lastUpdated", "_tag", "_profile"} <= registry().of(name).parameters.keys()
