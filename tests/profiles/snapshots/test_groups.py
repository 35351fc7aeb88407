"""Where one of a group must be there, the others cannot be."""

import pytest

from profiles.snapshots.groups import exclusive
from profiles.snapshots.node import Node


def left(expression: str, **least: int) -> list[str]:
    children = [Node(name, {"min": number, "max": "1"}) for name, number in least.items()]
    element = {"constraint": [{"key": "a", "expression": expression}]}
    return [child.name for child in exclusive(element, children) if child.element["max"] != "0"]


@pytest.mark.parametrize("expression", ["(a | b | c).count() = 1", "(a|b|c).count() <= 1"])
def test_the_one_that_must_be_there_excludes_the_others(expression: str) -> None:
    assert left(expression, a=0, b=1, c=0, d=0) == ["b", "d"]


@pytest.mark.parametrize("expression", ["(a | b).count() = 2", "(a | b).count() >= 1", "a.count() = 1", "("])
def test_no_other_constraint_excludes(expression: str) -> None:
    assert left(expression, a=1, b=0) == ["a", "b"]


def test_nothing_is_excluded_where_none_or_two_must_be_there() -> None:
    assert left("(a | b).count() = 1", a=0, b=0) == ["a", "b"]
    assert left("(a | b).count() = 1", a=1, b=1) == ["a", "b"]
