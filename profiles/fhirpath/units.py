"""UCUM units that health data uses: parsed, multiplied out, compared. https://ucum.org/ucum

A table of our own, not all of UCUM: what it does not have is a unit that equals itself alone.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final, NamedTuple

from profiles.fhirpath.number import EXACT, ROUNDED

Dimensions = tuple[tuple[str, int], ...]

_MAX_LENGTH: Final = 100
_MAX_EXPONENT: Final = 30
_BASES: Final = ("m", "s", "g", "rad", "K", "C", "cd")
_PREFIXES: Final[Mapping[str, int]] = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
_BINARY: Final[Mapping[str, int]] = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}
# Units that take prefixes, and those that do not: atom, value, in terms of.
_METRIC: Final = """
mol 6.0221367 10*23|Hz 1 s-1|N 1 kg.m/s2|Pa 1 N/m2|J 1 N.m|W 1 J/s|A 1 C/s|V 1 J/C|F 1 C/V|Ohm 1 V/A
S 1 Ohm-1|Wb 1 V.s|T 1 Wb/m2|H 1 Wb/A|lm 1 cd.sr|lx 1 lm/m2|Bq 1 s-1|Gy 1 J/kg|Sv 1 J/kg|sr 1 rad2
kat 1 mol/s|l 1 dm3|L 1 l|ar 100 m2|t 1000 kg|bar 100000 Pa|u 1.6605402 10*-24.g|eV 1.60217733 10*-19.J
pc 3.085678 10*16.m|U 1 umol/min|cal 4.184 J|cal_th 4.184 J|P 1 dyn.s/cm2|dyn 1 g.cm/s2|erg 1 dyn.cm
Ci 37 10*9.Bq|R 2.58 10*-4.C/kg|RAD 100 erg/g|REM 1 RAD|eq 1 mol|osm 1 mol|g% 1 g/dl|m[H2O] 9.80665 kPa
m[Hg] 133.322 kPa|tex 1 g/km|St 1 cm2/s|bit 1 1|By 8 bit|Bd 1 s-1|[iU] 1 =iU|[IU] 1 =iU
"""
_PLAIN: Final = """
10* 10 1|10^ 10 1|% 1 10*-2|[ppth] 1 10*-3|[ppm] 1 10*-6|[ppb] 1 10*-9|[pptr] 1 10*-12
[pi] 3.1415926535897932384626 1|min 60 s|h 60 min|d 24 h|wk 7 d|a 365.25 d|a_j 365.25 d|a_t 365.24219 d
a_g 365.2425 d|mo 30.4375 d|mo_j 1 a_j/12|mo_g 1 a_g/12|mo_s 29.53059 d|deg 0.0174532925199432957692 rad
' 1 deg/60|'' 1 '/60|gon 0.9 deg|[in_i] 2.54 cm|[ft_i] 12 [in_i]|[yd_i] 3 [ft_i]|[mi_i] 5280 [ft_i]
[nmi_i] 1852 m|[kn_i] 1 [nmi_i]/h|[sin_i] 1 [in_i]2|[sft_i] 1 [ft_i]2|[cin_i] 1 [in_i]3|[cft_i] 1 [ft_i]3
[in_us] 0.0254000508001016 m|[ft_us] 12 [in_us]|[gal_us] 231 [in_i]3|[qt_us] 1 [gal_us]/4
[pt_us] 1 [qt_us]/2|[gil_us] 1 [pt_us]/4|[foz_us] 1 [gil_us]/4|[fdr_us] 1 [foz_us]/8
[min_us] 1 [fdr_us]/60|[cup_us] 16 [tbs_us]|[tbs_us] 1 [foz_us]/2|[tsp_us] 1 [tbs_us]/3|[cup_m] 240 mL
[tbs_m] 15 mL|[tsp_m] 5 mL|[foz_m] 30 mL|[gal_br] 4.54609 l|[pt_br] 1 [gal_br]/8|[foz_br] 1 [pt_br]/20
[gr] 64.79891 mg|[lb_av] 7000 [gr]|[oz_av] 1 [lb_av]/16|[dr_av] 1 [oz_av]/16|[ston_av] 2000 [lb_av]
[lton_av] 2240 [lb_av]|[stone_av] 14 [lb_av]|[lb_tr] 5760 [gr]|[oz_tr] 480 [gr]|[oz_m] 28 g
[lbf_av] 4.4482216152605 N|[psi] 1 [lbf_av]/[in_i]2|atm 101325 Pa|att 98066.5 Pa|[in_i'Hg] 2.54 m[Hg]/100
[in_i'H2O] 2.54 m[H2O]/100|[Cal] 1 kcal|[Btu] 1055.056 J|[HP] 745.69987158 W|[c] 299792458 m/s
[g] 9.80665 m/s2|[Ch] 1 mm/3|[drp] 1 ml/20|[CFU] 1 =CFU|[PFU] 1 =PFU|[FFU] 1 =FFU|[arb'U] 1 =arb
[USP'U] 1 =USP|[GPL'U] 1 =GPL|[MPL'U] 1 =MPL|[APL'U] 1 =APL|[beth'U] 1 =beth|[anti'Xa'U] 1 =anti'Xa
[todd'U] 1 =todd|[dye'U] 1 =dye|[smgy'U] 1 =smgy|[bdsk'U] 1 =bdsk|[ka'U] 1 =ka|[knk'U] 1 =knk
[mclg'U] 1 =mclg|[tb'U] 1 =tb|[CCID_50] 1 =CCID|[TCID_50] 1 =TCID|[EID_50] 1 =EID|[D'ag'U] 1 =D'ag
[ELU] 1 =ELU|[EU] 1 =EU|[AU] 1 =AU|[BAU] 1 =BAU|[Amb'a'1'U] 1 =Amb|[hp'_X] 1 =hpX|[hp'_C] 1 =hpC|[S] 1 =S
[HPF] 1 1|[LPF] 100 1|[pH] 1 =pH|B 1 =B|Np 1 =Np|dB 1 =dB|[diop] 1 m-1|[p'diop] 1 =pdiop
[mesh_i] 1 /[in_i]|[Lmb] 1 cd/cm2|[smoot] 67 [in_i]|[car_m] 0.2 g|[bbl_us] 42 [gal_us]
[acr_us] 4046.87260987425 m2|[fth_i] 6 [ft_i]
"""
# Scales whose zero is not that of K: Kelvins at zero, and the size of a degree.
_SCALES: Final[Mapping[str, tuple[Fraction, Fraction]]] = {
    "Cel": (Fraction("273.15"), Fraction(1)),
    "[degF]": (Fraction("459.67") * 5 / 9, Fraction(5, 9)),
    "[degRe]": (Fraction("273.15"), Fraction(5, 4)),
}
_ATOM: Final = re.compile(r"((?:\[[^\]\s]+\]|10[*^]|''|'|%|[A-Za-z])(?:[A-Za-z_%]|\[[^\]\s]+\])*)([+-]?\d+)?")
_NUMBER: Final = re.compile(r"\d+")
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Measure:
    """`factor` base units make one; `offset` is the scale's zero, in base units."""

    factor: Fraction
    dimensions: Dimensions
    offset: Fraction = Fraction(0)

    def base(self, value: Decimal) -> Fraction:
        """In base units."""
        return Fraction(value) * self.factor + self.offset

    def value(self, base: Fraction) -> Decimal:
        """In this unit; exact if it has an end."""
        ratio = (base - self.offset) / self.factor
        exact = EXACT.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))
        return exact if Fraction(exact) == ratio else ROUNDED.plus(exact)


class _Unknown(Exception):
    pass


class _Definition(NamedTuple):
    """`value` times `unit`, or with `=` before it a dimension of its own."""

    value: str
    unit: str
    metric: bool


@lru_cache(1024)
def measure(unit: str) -> Measure | None:
    """None if the text is no unit of the table."""
    if unit in _SCALES:
        zero, degree = _SCALES[unit]
        return Measure(degree, (("K", 1),), zero)
    if not 0 < len(unit) <= _MAX_LENGTH:
        return None
    try:
        return _Reader(unit).read()
    except _Unknown:
        return None


@lru_cache(256)
def product(left: str, right: str) -> str | None:
    return _combined(left, right, 1)


@lru_cache(256)
def quotient(left: str, right: str) -> str | None:
    return _combined(left, right, -1)


def _combined(left: str, right: str, sign: int) -> str | None:
    """The unit that multiplying or dividing gives; a factor common to both stands once (`cm2`)."""
    if measure(left) is None or measure(right) is None:
        return None
    if right == "1":
        return left
    one, other = _powers(left), _powers(right)
    if one is None or other is None:
        text = f"({left}){'.' if sign > 0 else '/'}({right})"
        return text if measure(text) else None
    for name, power in other.items():
        one[name] = one.get(name, 0) + sign * power
    text = ".".join(name if power == 1 else f"{name}{power}" for name, power in one.items() if power)
    return text or "1"


def _powers(unit: str) -> dict[str, int] | None:
    """Atom → exponent, of a unit without parentheses, annotations or numbers."""
    powers: dict[str, int] = {}
    for sign, part in re.findall(r"(^/?|[./])([^./]+)", unit):
        match = _ATOM.fullmatch(part)
        if part == "1":
            continue
        if match is None or match[1] in ("10*", "10^"):
            return None
        powers[match[1]] = powers.get(match[1], 0) + int(match[2] or 1) * (-1 if sign == "/" else 1)
    return powers


class _Reader:
    """Reads a unit by UCUM's grammar: terms of `.` and `/` from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self) -> Measure:
        found = self._term(0)
        if self._at != len(self._text):
            raise _Unknown
        return found

    def _term(self, depth: int) -> Measure:
        if depth > 10:
            raise _Unknown
        found = Measure(Fraction(1), ())
        sign = -1 if self._take("/") else 1
        while True:
            found = _times(found, self._component(depth), sign)
            if self._take("."):
                sign = 1
            elif self._take("/"):
                sign = -1
            else:
                return found

    def _component(self, depth: int) -> Measure:
        if self._take("("):
            found = self._term(depth + 1)
            if not self._take(")"):
                raise _Unknown
            return found
        if self._match(_ANNOTATION):
            return Measure(Fraction(1), ())
        atom = self._match(_ATOM)
        if atom is None:
            number = self._match(_NUMBER)
            if number is None:
                raise _Unknown
            found = Measure(Fraction(int(number.group())), ())
        else:
            found = _power(_atom(atom[1]), int(atom[2] or 1))
        self._match(_ANNOTATION)
        return found

    def _take(self, symbol: str) -> bool:
        if self._text.startswith(symbol, self._at):
            self._at += 1
            return True
        return False

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match


def _atom(name: str) -> Measure:
    """With its prefix."""
    if (whole := _defined(name)) is not None:
        return whole
    for length in (1, 2):
        prefix, atom = name[:length], name[length:]
        if atom not in _written() or not _written()[atom].metric:
            continue
        scale = _scale(prefix)
        if scale is not None and (found := _defined(atom)) is not None:
            return _times(Measure(scale, ()), found, 1)
    raise _Unknown


def _scale(prefix: str) -> Fraction | None:
    if prefix in _PREFIXES:
        return Fraction(10) ** _PREFIXES[prefix]
    return Fraction(2) ** _BINARY[prefix] if prefix in _BINARY else None


@cache
def _written() -> Mapping[str, _Definition]:
    """Atom → its line in the tables."""
    found = {base: _Definition("1", "=" + base, True) for base in _BASES}
    for table, metric in ((_METRIC, True), (_PLAIN, False)):
        for line in table.replace("\n", "|").strip("|").split("|"):
            atom, value, unit = line.split(" ")
            found[atom] = _Definition(value, unit, metric)
    return found


@cache
def _defined(atom: str) -> Measure | None:
    definition = _written().get(atom)
    if definition is None:
        return None
    if definition.unit[0] == "=":
        return Measure(Fraction(1), ((definition.unit[1:], 1),))
    one = measure(definition.unit)
    return one and Measure(one.factor * Fraction(definition.value), one.dimensions)


def _times(left: Measure, right: Measure, sign: int) -> Measure:
    powers = dict(left.dimensions)
    for base, power in right.dimensions:
        powers[base] = powers.get(base, 0) + sign * power
    factor = left.factor * right.factor if sign > 0 else left.factor / (right.factor or _refuse())
    return Measure(factor, tuple(sorted((base, power) for base, power in powers.items() if power)))


def _power(one: Measure, exponent: int) -> Measure:
    if abs(exponent) > _MAX_EXPONENT:
        raise _Unknown
    return Measure(one.factor**exponent, tuple((base, power * exponent) for base, power in one.dimensions))


def _refuse() -> Fraction:
    raise _Unknown
