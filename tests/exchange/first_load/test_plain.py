"""exchange.first_load.plain"""

from copy import deepcopy

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.first_load.plain import is_plain
from profiles.definitions import definitions
from profiles.structure import compile_structure

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [
        {
            "use": "usual",
            "type": {"coding": [{"system": "urn:x", "code": "MR"}]},
            "system": "urn:y",
            "value": "7",
        }
    ],
    "active": True,
    "name": [{"text": "王 伟", "family": "王", "given": ["伟"]}],
    "telecom": [{"system": "phone", "value": "13901012345", "use": "mobile"}],
    "gender": "male",
    "birthDate": "1990-05-06",
    "address": [{"text": "沈阳市和平区和平里3号", "line": ["和平里3号"]}],
}

_ODD = st.sampled_from(
    [
        "",
        " ",
        " a",
        "a b",
        "a",
        "\t",
        "\x7f",
        "\u200b",
        "\\",
        "王伟",
        "urn:a b",
        "male",
        "phone",
        "2024-02-30",
        "1990",
        "1990-05",
        "0000-01-01",
        "9999-12-31",
        7,
        1.5,
        True,
        None,
        [],
        {},
        [""],
        ["a"],
        [None],
        [{}],
        [{"value": ""}],
        {"text": "a"},
        [{"text": "a"}],
        [{"id": "a"}],
        [{"given": []}],
        [{"use": "old"}],
        "x" * 70,
        "a\u3000b",
        "{}",
    ]
).map(deepcopy)  # what is put into a patient is changed there


@st.composite
def _patients(draw: st.DrawFn) -> dict[str, object]:
    patient = msgspec.json.decode(msgspec.json.encode(PATIENT))
    for _ in range(draw(st.integers(1, 2))):
        where = patient
        while draw(st.booleans()) and (below := [each for each in where.values() if isinstance(each, list)]):
            inner = draw(st.sampled_from(below))
            if not inner or not isinstance(inner[0], dict):
                break
            where = inner[0]
        where[draw(st.sampled_from([*where, "id", "extension", "contact"]))] = draw(_ODD)
    return patient


def test_most_patients_are_plain() -> None:
    assert is_plain(msgspec.json.encode(PATIENT))


@given(_patients())
def test_what_is_plain_passes_the_structure_check(patient: dict[str, object]) -> None:
    text = msgspec.json.encode(patient)
    assert not is_plain(text) or not compile_structure(definitions())(patient)


@pytest.mark.parametrize("text", [b'{"resourceType":"Patient"}', b"[]", b'{"resourceType":"Group","id":"a"}'])
def test_what_is_no_patient_with_an_id_is_not_plain(text: bytes) -> None:
    assert not is_plain(text)
