"""UCUM: what is a unit and what is not, what it comes down to, what it is called."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminology.answering import LibraryChecks
from terminology.checks import Check, CodeOf
from terminology.library import Library, entry_of, ready
from terminology.naming import UCUM
from terminology.ucum.atoms import atoms, prefixes
from terminology.ucum.canonical import canonical, comparable
from terminology.ucum.names import analysed
from terminology.ucum.parse import NotUcum, parse
from terminology.ucum.system import is_unit, ucum_system
from terminology.wire.operations import Asked, answer

RIGHT = """
m mg/dL mmol/L 10*9/L 10*-6 10^3/ul /min /uL {score} {CAE'U} %{WBC} mm[Hg] [iU]/L m[IU]/mL kg.m/s2 kg/m2
g/(24.h) (8.h){shift} %/100{WBC} mL/min/{1.73_m2} B[10.nV] [m/s2/Hz^(1/2)] [in_i'Hg] cal_[15] nmol/mg{creat}
m2 m-2 s+1 1 100 Cel [degF] [pH] ug{FEU}/mL /(12.h) daL Mbit KiBy U/10*10 [arb'U] /{OIF} a_j Ohm
"""
WRONG = """
mg/ mg//dL mg. .mg mgg kmin (mg mg) mg{x {x}} mmHg m0 m100 0 2m m^2 µg / () g2m {a}{b} 10*+ (m/s)2 {中}
"""


def codes(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("code", [*codes(RIGHT), "mg/dL{milligram per deciliter}"])
def test_what_is_a_unit(code: str) -> None:
    parse(code)
    assert analysed(code)
    canonical(code)


@pytest.mark.parametrize(
    "code", [*codes(WRONG), "", " ", "m 2", "mg/dl ", "x" * 257, "(" * 30 + "m" + ")" * 30]
)
def test_what_is_none(code: str) -> None:
    with pytest.raises(NotUcum):
        parse(code)


def test_every_atom_is_a_unit_with_every_prefix_that_it_takes() -> None:
    assert len(atoms()) == 312
    for atom in atoms().values():
        assert is_unit(atom.code), atom.code
        assert is_unit(f"{atom.code}2"), atom.code
        canonical(atom.code)
        for prefix in prefixes():
            assert is_unit(prefix + atom.code) or not atom.is_metric, prefix + atom.code


@pytest.mark.parametrize(
    ("code", "factor", "base"),
    [
        ("kg", Fraction(1000), "g"),
        ("mg/dL", Fraction(10), "g.m-3"),
        ("N", Fraction(1000), "g.m.s-2"),
        ("mmol/L", Fraction("602214076000000000000000"), "m-3"),
        ("%", Fraction(1, 100), "1"),
        ("[in_i]", Fraction("0.0254"), "m"),
        ("[IU]", Fraction(1), "[iU]"),
        ("ug{FEU}", Fraction(1, 10**6), "g"),
        ("/(12.h)", Fraction(1, 43200), "s-1"),
        ("[lb_av]", Fraction("453.59237"), "g"),
        ("KiBy", Fraction(8192), "1"),
    ],
)
def test_what_a_unit_comes_down_to(code: str, factor: Fraction, base: str) -> None:
    found = canonical(code)
    assert (found.factor, found.code, found.is_special) == (factor, base, False)


def test_scales_of_their_own_are_told() -> None:
    assert canonical("Cel").is_special
    assert canonical("Cel").code == "K"
    assert comparable("mmol/L", "mol/m3")
    assert not comparable("mmol/L", "mg/L")


def test_a_factor_is_bounded() -> None:
    with pytest.raises(OverflowError):
        canonical("Ym99.Ym99.Ym99")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("mg/dL", "(milligram) / (deciliter)"),
        ("mg/dL{milligram per deciliter}", "(milligram) / (deciliter) * 1"),
        ("10*9/L", "(the number ten for arbitrary powers ^ 9) / (liter)"),
        ("g/(24.h)", "(gram) / (24 * (hour))"),
        ("{score}", "1"),
        ("/min", "/ (minute)"),
    ],
)
def test_a_unit_in_words(code: str, name: str) -> None:
    assert analysed(code) == name


@given(st.text(alphabet="mgLdk10*^/.(){}[]a2-", max_size=12))
def test_nothing_else_comes_of_nonsense(code: str) -> None:
    if is_unit(code):
        assert canonical(code).powers == canonical(f"({code})").powers
        assert canonical(f"{code}.m").factor == canonical(code).factor or code.startswith("/")


LIBRARY = Library(
    [
        ready(ucum_system()),
        entry_of({"resourceType": "ValueSet", "url": "urn:all", "compose": {"include": [{"system": UCUM}]}}),
        entry_of(
            {
                "resourceType": "ValueSet",
                "url": "urn:mass",
                "compose": {
                    "include": [
                        {"system": UCUM, "filter": [{"property": "canonical", "op": "=", "value": "g"}]}
                    ]
                },
            }
        ),
    ]
)


@pytest.mark.parametrize(
    ("value_set", "code", "result"),
    [
        ("", "mg/dL", True),
        ("", "mgg", False),
        ("urn:all", "kg", True),
        ("urn:mass", "kg", True),
        ("urn:mass", "[lb_av]", True),
        ("urn:mass", "m", False),
    ],
)
def test_codes_are_checked(value_set: str, code: str, result: bool) -> None:
    check = Check("Coding", (CodeOf(UCUM, code),), value_set)
    assert LibraryChecks(LIBRARY).check([check])[0].result is result


def test_another_display_is_only_warned_of() -> None:
    (found,) = LibraryChecks(LIBRARY).check(
        [Check("Coding", (CodeOf(UCUM, "mg", display="milligrams"),), "")]
    )
    assert found.result is True
    assert [each.severity for each in found.issues] == ["warning"]


def asked(operation: str, *given: tuple[str, Any]) -> tuple[int, dict[str, Any]]:
    return answer(operation, Asked(LIBRARY, given, "", lambda: ("urn:uuid:1", "2026-01-01T00:00:00Z")))


def test_a_unit_is_looked_up() -> None:
    status, told = asked("lookup", ("system", UCUM), ("code", "mg/dL"))
    said = {each["name"]: each for each in told["parameter"] if each["name"] != "designation"}
    names = [each["part"][-1]["valueString"] for each in told["parameter"] if each["name"] == "designation"]
    assert (status, said["display"]["valueString"], said["version"]["valueString"]) == (200, "mg/dL", "2.2")
    assert names == ["mg/dL", "(milligram) / (deciliter)"]
    assert asked("lookup", ("system", UCUM), ("code", "mgg"))[0] == 404


def test_all_units_cannot_be_listed() -> None:
    status, outcome = asked("expand", ("url", "urn:all"))
    assert (status, outcome["issue"][0]["code"]) == (422, "not-supported")
