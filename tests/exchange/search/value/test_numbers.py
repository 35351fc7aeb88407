import math
from decimal import Decimal

import pytest

from exchange.search.value.numbers import (
    implicit_range,
    quantity_bounds,
    range_bounds,
    sampled_bounds,
    sought_units,
    unit_tokens,
)
from terminology.naming import UCUM


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("100", 99.5, 100.5),
        ("100.00", 99.995, 100.005),
        ("5.40", 5.395, 5.405),
        ("-1", -1.5, -0.5),
        ("1e2", 95, 105),
        ("0", -0.5, 0.5),
    ],
)
def test_a_number_stands_for_what_its_precision_leaves_open(text: str, low: float, high: float) -> None:
    assert implicit_range(Decimal(text)) == (low, high)


@pytest.mark.parametrize(
    ("comparator", "bounds"),
    [
        (None, (5.0, 5.0)),
        ("<", (-math.inf, 5.0)),
        ("<=", (-math.inf, 5.0)),
        (">", (5.0, math.inf)),
        (">=", (5.0, math.inf)),
    ],
)
def test_a_comparator_opens_a_quantity(comparator: str | None, bounds: tuple[float, float]) -> None:
    assert quantity_bounds({"value": 5, "comparator": comparator}) == bounds
    assert quantity_bounds({"unit": "mg"}) is None


def test_ranges() -> None:
    assert range_bounds({"low": {"value": 1}, "high": {"value": 2}}) == (1.0, 2.0)
    assert range_bounds({"high": {"value": 2}}) == (-math.inf, 2.0)
    assert range_bounds({}) is None


def test_samples() -> None:
    sampled = {"origin": {"value": Decimal("2")}, "factor": Decimal("-0.5"), "data": "4 -2 E U L 0.5"}
    assert sampled_bounds(sampled) == (0.0, 3.0)
    assert sampled_bounds({"origin": {"value": 0}, "data": "E"}) is None


@pytest.mark.parametrize(
    ("system", "code", "unit", "rows"),
    [
        (UCUM, "mg", "mg", 1),
        (UCUM, "mg", "毫克", 2),
        ("http://x", "mg", "毫克", 3),
        ("", "", "mg", 1),
        ("", "", "", 0),
    ],
)
def test_every_way_to_name_the_unit_finds_it(system: str, code: str, unit: str, rows: int) -> None:
    tokens = set(unit_tokens(system, code, unit))
    assert len(tokens) == rows
    for name in filter(None, (code, unit)):
        assert tokens & set(sought_units(None, name))
    if code:
        assert tokens & set(sought_units(system, code))
    assert not tokens & set(sought_units(None, "g"))
