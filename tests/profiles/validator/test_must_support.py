from tests.profiles.validator.world import OURS, Json, element, profile, sliced, validator

STRUCTURE = profile(
    "supported",
    "Patient",
    element("Patient.birthDate", mustSupport=True),
    element("Patient.telecom", slicing=sliced("system")),
    element("Patient.telecom:phone", min=0, max="1", mustSupport=True),
    element("Patient.telecom:phone.system", min=1, fixedCode="phone"),
    element("Patient.telecom:phone.value", mustSupport=True),
)


def test_what_is_there_and_what_is_not() -> None:
    patient: Json = {"resourceType": "Patient", "telecom": [{"system": "email"}, {"system": "phone"}]}
    found = validator(STRUCTURE).must_support(OURS + "supported", patient)
    assert [tuple(one) for one in found] == [
        ("Patient.telecom:phone", 1, 1),
        ("Patient.telecom:phone.value", 0, 1),
        ("Patient.birthDate", 0, 1),
    ]


def test_of_an_unknown_profile_nothing_is_told() -> None:
    assert validator().must_support(OURS + "nowhere", {"resourceType": "Patient"}) == []
