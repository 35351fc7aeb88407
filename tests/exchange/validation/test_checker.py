"""The hub's validator knows the hub's own profiles."""

from exchange.validation.checker import new_validator

PATIENT = "https://yilian.example/fhir/StructureDefinition/cn-patient"


def test_the_hubs_own_profiles_are_known() -> None:
    validator = new_validator()
    assert validator.knows(PATIENT)
    found = validator.validate({"resourceType": "Patient", "meta": {"profile": [PATIENT]}})
    [error] = [one for one in found if one.severity == "error"]
    assert error.diagnostics.startswith("Patient.identifier: at least 1 needed")
    assert PATIENT in error.diagnostics
    assert not validator.knows("https://yilian.example/fhir/StructureDefinition/nothing")
