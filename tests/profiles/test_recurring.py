"""What is remembered is judged as if it were not."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.merge import merged
from profiles.definitions import definitions
from profiles.recurring import compile_recurring
from profiles.structure import compile_structure
from tests.adapters.hl7v2.golden import CASES, message, translated

check = compile_structure(definitions())
RESOURCES = [merged(None, entry) for case in CASES for entry in translated(message(case)).entries]
CODE = {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}
BROKEN: list[dict[str, Any]] = [
    {"resourceType": "Observation", "id": "1", "status": "final"},
    {"resourceType": "Observation", "id": "1", "status": "wrong", "code": CODE},
    {"resourceType": "Observation", "id": "1", "status": "final", "code": CODE, "extra": 1},
    {
        "resourceType": "Observation",
        "id": "1",
        "status": "final",
        "code": CODE,
        "valueQuantity": {"value": "x"},
    },
    {
        "resourceType": "Observation",
        "id": "1",
        "status": "final",
        "code": CODE,
        "component": [{"valueString": "a"}],
    },
    {"resourceType": "Observation", "id": "1", "status": "final", "code": CODE, "category": []},
    {"resourceType": "Observation", "id": "bad id", "status": "final", "code": CODE},
    {"resourceType": "Encounter", "id": "1", "_status": {"id": "x"}, "class": {"code": "IMP"}},
    {"resourceType": "Nothing", "id": "1"},
    {"id": "1"},
]


@given(st.lists(st.sampled_from(range(len(RESOURCES) + len(BROKEN))), max_size=30), st.booleans())
def test_the_findings_are_the_same(order: list[int], afresh: bool) -> None:
    judged = compile_recurring(definitions())
    for number in order:
        resource = (RESOURCES + BROKEN)[number]
        given_one = copy.deepcopy(resource) if afresh else resource
        assert judged(given_one) == check(resource)


@pytest.mark.parametrize("resource", RESOURCES[:20])
def test_a_second_look_finds_as_much(resource: dict[str, Any]) -> None:
    judged = compile_recurring(definitions())
    assert [judged(resource), judged(resource)] == [[], []]
    wrong = {**resource, "extra": 1}
    assert judged(wrong) == check(wrong) != []
