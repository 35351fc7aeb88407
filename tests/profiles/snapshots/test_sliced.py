"""Slices that go against what they slice are told."""

from typing import Any

import pytest

from tests.profiles.snapshots.profiled import BASE, problems, profile

PATH = "Patient.identifier"


def sliced(rules: str, *names: str) -> dict[str, Any]:
    slicing = {"discriminator": [{"type": "value", "path": "system"}], "rules": rules}
    told = [{"path": PATH, "sliceName": name} for name in names]
    return profile("a", "Patient", {"path": PATH, "slicing": slicing, "max": "3"}, *told)


def test_a_closed_slicing_takes_no_more_slices_but_re_slices() -> None:
    first = sliced("closed", "a")
    more = profile("b", BASE + "a", {"path": PATH, "sliceName": "b"})
    assert problems(more, first) == [f"{PATH}:b: the base is sliced already, and its slicing is closed"]
    again = profile("b", BASE + "a", {"path": PATH, "sliceName": "a"}, {"path": PATH, "sliceName": "a/b"})
    assert problems(again, first) == []
    assert problems(more, sliced("open", "a")) == []


@pytest.mark.parametrize(("name", "count"), [("a", 0), ("b", 1)])
def test_a_slice_that_constrains_must_be_there(name: str, count: int) -> None:
    told = {"path": PATH, "sliceName": name, "sliceIsConstraining": True}
    assert len(problems(profile("b", BASE + "a", told), sliced("open", "a"))) == count


@pytest.mark.parametrize(("least", "count"), [(1, 0), (2, 1)])
def test_slices_may_not_need_more_than_there_can_be(least: int, count: int) -> None:
    told = [{"path": PATH, "sliceName": name, "min": least} for name in "ab"]
    assert len(problems(profile("b", BASE + "a", *told), sliced("open", "a"))) == count
