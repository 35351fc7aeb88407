"""Units and quantities."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.fhirpath import quantity, units
from profiles.fhirpath.quantity import Quantity, compare

UNITS = [
    "mg",
    "kg",
    "[lb_av]",
    "mmol/L",
    "10*9/L",
    "mm[Hg]",
    "kPa",
    "/min",
    "mL/min/{1.73_m2}",
    "[iU]/mL",
    "Cel",
    "d",
]
VALUES = st.decimals(-(10**9), 10**9, allow_nan=False, places=4)


def of(text: str) -> Quantity:
    value, _, unit = text.partition(" ")
    return Quantity(Decimal(value), unit)


def test_every_unit_of_the_table_is_defined() -> None:
    assert [atom for atom in units._written() if units.measure(atom) is None] == []


@given(st.sampled_from(UNITS), VALUES)
def test_the_base_and_back(unit: str, value: Decimal) -> None:
    measure = units.measure(unit)
    assert measure is not None
    assert abs(measure.value(measure.base(value)) - value) <= Decimal("1e-12")


@given(st.sampled_from(UNITS), VALUES, VALUES)
def test_the_order_is_the_numbers_order(unit: str, one: Decimal, other: Decimal) -> None:
    left, right = Quantity(one, unit), Quantity(other, unit)
    assert compare(left, right) == (one > other) - (one < other)
    assert (quantity.key(left) == quantity.key(right)) is (one == other)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1 g", "1000 mg"),
        ("1 mmol/L", "1000 umol/L"),
        ("1 mg/dL", "10 mg/L"),
        ("1 10*9/L", "1 10*3/uL"),
        ("1 [in_i]", "2.54 cm"),
        ("98.6 [degF]", "37 Cel"),
        ("1 h", "60 minute"),
        ("1 week", "7 d"),
        ("2 year", "24 month"),
        ("1 kg.m/s2", "1 N"),
        ("1 m3", "1000 L"),
        ("50 %", "0.5 1"),
    ],
)
def test_the_same(left: str, right: str) -> None:
    assert compare(of(left), of(right)) == 0
    assert quantity.key(of(left)) == quantity.key(of(right))
    assert quantity.equivalent(of(left), of(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [("1 g", "1 m"), ("1 [iU]", "1 g"), ("1 year", "1 a"), ("1 foo", "1 g"), ("1 m", "1 m2")],
)
def test_not_comparable(left: str, right: str) -> None:
    assert compare(of(left), of(right)) is None


@pytest.mark.parametrize(
    "unit", ["", "foo", "m//s", "m.", "(m", "m)", "[x]", "m99", "((((((((((((m", "9" * 200, "/0"]
)
def test_what_is_no_unit(unit: str) -> None:
    assert units.measure(unit) is None


def test_computing() -> None:
    assert quantity.multiply(of("12 cm"), of("3 cm")) == of("36 cm2")
    assert quantity.divide(of("12 cm2"), of("3 cm")) == of("4 cm")
    assert quantity.divide(of("1 m"), of("2 s")) == of("0.5 m.s-1")
    assert quantity.divide(of("1 m"), of("0 s")) is None
    assert quantity.add(of("3 m"), of("3 cm")) == of("303 cm")
    assert quantity.add(of("3 m"), of("3 s")) is None


def test_from_fhir() -> None:
    ucum = {"system": quantity.UCUM}
    assert quantity.from_fhir({"value": 3, "code": "a", **ucum}) == of("3 year")
    assert quantity.from_fhir({"value": 3, "code": "mg", **ucum}) == of("3 mg")
    assert quantity.from_fhir({"value": 3, "comparator": "<", "code": "mg", **ucum}) is None
    assert quantity.from_fhir({"code": "mg", **ucum}) is None
    tablets = quantity.from_fhir({"value": 3, "unit": "mg"})
    assert tablets is not None
    assert compare(tablets, of("3 mg")) is None
    assert str(tablets) == "3 'mg'"
