"""A unit in UCUM's seven base units: a factor, and the power of each; arbitrary units stand for themselves.

https://ucum.org/ucum#section-Semantics
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from terminology.ucum.parse import Annotated, Factor, Part, Term, Unit, parse

# Beyond this a factor is nobody's unit, and dear to work out.
MAX_BITS: Final = 4_096
Powers = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Canonical:
    """`is_special`: on a scale of its own (Cel, [pH]), so that the factor is not all there is to convert."""

    factor: Fraction
    powers: Powers
    is_special: bool = False

    @property
    def code(self) -> str:
        """`g.m-3`, `1` for what has no dimension; in the order of the letters."""
        return ".".join(f"{base}{power if power != 1 else ''}" for base, power in self.powers) or "1"


@lru_cache(4096)
def canonical(code: str) -> Canonical:
    """Raises NotUcum; OverflowError where the factor is beyond all measure."""
    return _of(parse(code))


def comparable(one: str, other: str) -> bool:
    """Whether both measure the same. Raises NotUcum."""
    return canonical(one).powers == canonical(other).powers


def _of(part: Part) -> Canonical:
    match part:
        case Annotated(inner):
            return _of(inner)
        case Factor(value):
            return Canonical(Fraction(value), ())
        case Unit():
            return _of_unit(part)
        case Term(parts):
            return _of_term(parts)


def _of_term(parts: tuple[tuple[str, Part], ...]) -> Canonical:
    factor, powers, is_special = Fraction(1), dict[str, int](), False
    for operator, part in parts:
        found = _of(part)
        sign = -1 if operator == "/" else 1
        factor = _bounded(factor * found.factor**sign)
        for base, power in found.powers:
            powers[base] = powers.get(base, 0) + sign * power
        is_special = is_special or found.is_special
    return Canonical(factor, _listed(powers), is_special)


def _of_unit(unit: Unit) -> Canonical:
    atom = unit.atom
    if atom.kind == "base" or (atom.kind == "arbitrary" and atom.unit == "1"):
        found = Canonical(Fraction(1), ((atom.code, 1),))
    else:
        inner = canonical(atom.unit) if atom.unit != "1" else Canonical(Fraction(1), ())
        found = Canonical(atom.value * inner.factor, inner.powers, atom.kind == "special" or inner.is_special)
    scale = unit.prefix.value if unit.prefix else 1
    powers = {base: power * unit.exponent for base, power in found.powers}
    return Canonical(_bounded((found.factor * scale) ** unit.exponent), _listed(powers), found.is_special)


def _listed(powers: Mapping[str, int]) -> Powers:
    return tuple(sorted((base, power) for base, power in powers.items() if power))


def _bounded(factor: Fraction) -> Fraction:
    if factor.numerator.bit_length() + factor.denominator.bit_length() > MAX_BITS:
        raise OverflowError("the factor of this unit is beyond all measure")
    return factor
