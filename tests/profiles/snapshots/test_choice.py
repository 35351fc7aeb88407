"""Choices are sliced by type, whether a profile says so or takes the short cut."""

from typing import Any

import pytest

from profiles.snapshots.error import SnapshotError
from tests.profiles.snapshots.profiled import BASE, by_id, made, profile

VALUE = "Observation.value[x]"


def types(element: dict[str, Any]) -> list[str]:
    return [one["code"] for one in element["type"]]


def test_a_short_cut_is_a_slice_and_leaves_the_other_types() -> None:
    elements = by_id(profile("a", "Observation", {"path": "Observation.valueQuantity.unit", "min": 1}))
    assert len(types(elements[VALUE])) == 11
    assert elements[VALUE]["slicing"]["rules"] == "open"
    assert types(elements[f"{VALUE}:valueQuantity"]) == ["Quantity"]
    assert elements[f"{VALUE}:valueQuantity.unit"]["min"] == 1
    assert elements[f"{VALUE}:valueQuantity.unit"]["path"] == "Observation.value[x].unit"


def test_a_slice_that_must_be_there_leaves_its_type_alone() -> None:
    elements = by_id(profile("a", "Observation", {"path": "Observation.valueQuantity", "min": 1}))
    assert (types(elements[VALUE]), elements[VALUE]["min"]) == (["Quantity"], 1)
    assert elements[VALUE]["slicing"]["rules"] == "closed"


def test_slices_of_all_types_close_the_choice() -> None:
    elements = by_id(
        profile(
            "a",
            "Observation",
            {"path": VALUE, "type": [{"code": "string"}, {"code": "Quantity"}]},
            {"path": VALUE, "sliceName": "valueString", "type": [{"code": "string"}]},
            {"path": VALUE, "sliceName": "valueQuantity", "short": "x"},
        )
    )
    assert elements[VALUE]["slicing"]["rules"] == "closed"
    assert types(elements[f"{VALUE}:valueQuantity"]) == ["Quantity"]


def test_within_a_slice_a_short_cut_restricts_the_choice() -> None:
    elements = by_id(
        profile(
            "a",
            "Observation",
            {
                "path": "Observation.component",
                "slicing": {"discriminator": [{"type": "value", "path": "code"}], "rules": "open"},
            },
            {"path": "Observation.component", "sliceName": "one"},
            {"path": "Observation.component.valueQuantity.code", "min": 1},
        )
    )
    assert types(elements["Observation.component:one.value[x]"]) == ["Quantity"]
    assert elements["Observation.component:one.value[x].code"]["min"] == 1


def test_a_kind_of_an_allowed_type_is_allowed() -> None:
    told = {"path": "Condition.onset[x]", "type": [{"code": "Age"}]}
    assert types(by_id(profile("a", "Condition", told))["Condition.onset[x]"]) == ["Age"]


@pytest.mark.parametrize(
    "told",
    [
        [{"path": "Observation.valueAddress"}],
        [{"path": VALUE}, {"path": VALUE, "sliceName": "valueString", "type": [{"code": "Quantity"}]}],
        [{"path": "Observation.valueString", "min": 1}, {"path": "Observation.valueQuantity"}],
    ],
)
def test_what_no_type_allows_is_refused(told: list[dict[str, Any]]) -> None:
    with pytest.raises(SnapshotError):
        made(profile("a", "Observation", *told))


def test_a_profile_that_slices_by_type_again_closes_the_choice() -> None:
    first = profile("a", "Observation", {"path": VALUE}, {"path": VALUE, "sliceName": "valueString"})
    second = profile("b", BASE + "a", {"path": VALUE, "sliceName": "valueQuantity"})
    slicing = by_id(second, first)[VALUE]["slicing"]
    assert (by_id(first)[VALUE]["slicing"]["rules"], slicing["rules"]) == ("open", "closed")


def test_a_short_cut_in_an_extension_leaves_its_type_alone() -> None:
    elements = by_id(profile("a", "Extension", {"path": "Extension.valueString"}, kind="complex-type"))
    assert types(elements["Extension.value[x]"]) == ["string"]


def test_a_single_slice_that_nobody_asked_for_is_the_choice_itself() -> None:
    elements = by_id(
        profile("a", "Observation", {"path": VALUE, "sliceName": "valueString", "type": [{"code": "string"}]})
    )
    assert types(elements[f"{VALUE}:valueString"]) == ["string"]
    assert VALUE not in elements
