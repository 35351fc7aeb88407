"""A written check finds wrong what the rule of a part finds wrong, whatever stood there before."""

from decimal import Decimal
from typing import Any

import pytest

from profiles.definitions import definitions
from profiles.recurring import compile_recurring
from profiles.structure import compile_structure

PATIENT = {"reference": "Patient/1"}
RIGHT: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "1",
    "status": "final",
    "code": {"text": "x"},
    "subject": PATIENT,
    "performer": [{"reference": "Practitioner/1", "display": "Qian"}],
    "valueQuantity": {"value": Decimal(1), "unit": "g"},
}
WRONG: tuple[dict[str, Any], ...] = (
    {"status": "done"},
    {"status": None},
    {"subject": None},
    {"performer": [None]},
    {"valueQuantity": None},
    {"code": None},
    {"subject": {"reference": "Nothing/1"}},
    {"subject": {"reference": 1}},
    {"subject": {"refers": "Patient/1"}},
    {"subject": {}},
    {"subject": "Patient/1"},
    {"performer": []},
    {"performer": [{"reference": "Practitioner/1", "display": " "}]},
    {"performer": [RIGHT["performer"][0], {"reference": "Nobody/1", "display": "Sun"}]},
    {"performer": RIGHT["performer"][0]},
    {"valueQuantity": {"value": "1", "unit": "g"}},
    {"valueQuantity": {"unit": "g", "value": 1.5}},
    {"code": {"text": ""}},
)


@pytest.mark.parametrize("change", WRONG)
def test_what_is_wrong_is_found_after_what_is_right(change: dict[str, Any]) -> None:
    check, judged = compile_structure(definitions()), compile_recurring(definitions())
    wrong = {**RIGHT, **change}
    assert judged(RIGHT) == []
    for _ in range(2):
        assert judged(wrong) == check(wrong) != []
        assert judged(RIGHT) == []
        assert judged({**RIGHT, "id": "2", "subject": {"reference": "Patient/2"}}) == []
        assert judged(wrong) == check(wrong) != []


def test_several_items_of_a_list_are_each_looked_at() -> None:
    judged = compile_recurring(definitions())
    several = {**RIGHT, "performer": [{"reference": f"Practitioner/{n}", "display": "x"} for n in range(9)]}
    assert judged(RIGHT) == judged(several) == judged(several) == []
    several["performer"][4]["display"] = ""
    assert judged(several)
