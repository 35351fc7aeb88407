from exchange.store.types import RESOURCE_TYPES, type_name, type_number
from profiles.definitions import definitions


def test_numbers_never_change() -> None:
    frozen = {
        "Account": 0,
        "Bundle": 11,
        "Encounter": 43,
        "Observation": 95,
        "Patient": 102,
        "VisionPrescription": 145,
    }
    assert {name: type_number(name) for name in frozen} == frozen
    assert len(RESOURCE_TYPES) == 146


def test_every_type_of_r4_has_one() -> None:
    assert sorted(definitions().resource_types) == list(RESOURCE_TYPES)
    assert all(type_name(type_number(name)) == name for name in RESOURCE_TYPES)
