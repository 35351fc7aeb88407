"""UCUM's grammar: a code to the tree of what it multiplies and divides, or the place where it is wrong.

https://ucum.org/ucum#section-Syntax-Rules
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from terminology.ucum.atoms import Atom, Prefix, atoms, prefixes

MAX_LENGTH: Final = 256
MAX_DEPTH: Final = 20
MAX_EXPONENT: Final = 99
# What is in brackets belongs to the unit; an exponent stands at its end.
_SYMBOL: Final = re.compile(r"(?:10[*^]|(?:[A-Za-z%'\"_*^~!#$&,:;<=>?@\\|`]|\[[!-Z\\^-z|~]*\])+)")
_EXPONENT: Final = re.compile(r"[+-]?[0-9]+")
_FACTOR: Final = re.compile(r"[0-9]+")
_ANNOTATION: Final = re.compile(r"\{[ -z|~]*\}")


class NotUcum(ValueError):
    """This is no unit of UCUM; the text says why, `at` is where."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__(text)
        self.at = at


@dataclass(frozen=True, slots=True)
class Unit:
    atom: Atom
    prefix: Prefix | None
    exponent: int


@dataclass(frozen=True, slots=True)
class Factor:
    """A number; what is annotated alone is 1."""

    value: int


@dataclass(frozen=True, slots=True)
class Term:
    """Operators (`.` or `/`) and what follows them, the first one's is `.` unless the term begins by `/`."""

    parts: tuple[tuple[str, "Part"], ...]


@dataclass(frozen=True, slots=True)
class Annotated:
    """What has words beside it, which mean nothing to UCUM."""

    part: "Part"
    text: str


Part = Unit | Factor | Term | Annotated


@lru_cache(4096)
def parse(code: str) -> Term:
    """Raises NotUcum."""
    if not code or len(code) > MAX_LENGTH:
        raise NotUcum("a unit has 1 to 256 characters", 0)
    reader = _Reader(code)
    term = reader.term(0)
    if reader.at < len(code):
        raise NotUcum(f"{code[reader.at]!r} cannot stand here", reader.at)
    return term


@dataclass(slots=True)
class _Reader:
    code: str
    at: int = 0

    def term(self, depth: int) -> Term:
        if depth > MAX_DEPTH:
            raise NotUcum("parentheses are nested too deeply", self.at)
        parts: list[tuple[str, Part]] = []
        operator = "/" if self._take("/") else "."
        while True:
            parts.append((operator, self._component(depth)))
            if self._take("."):
                operator = "."
            elif self._take("/"):
                operator = "/"
            else:
                return Term(tuple(parts))

    def _component(self, depth: int) -> Part:
        if self._take("("):
            inner = self.term(depth + 1)
            if not self._take(")"):
                raise NotUcum("a parenthesis is not closed", self.at)
            return self._annotated(inner)
        if self.code[self.at : self.at + 1] == "{":
            return self._annotated(Factor(1))
        symbol = _SYMBOL.match(self.code, self.at)
        if symbol:
            return self._annotated(self._unit(symbol))
        factor = _FACTOR.match(self.code, self.at)
        if factor is None or int(factor[0]) == 0:
            raise NotUcum("a unit or a number is missing here", self.at)
        self.at = factor.end()
        return self._annotated(Factor(int(factor[0])))

    def _unit(self, symbol: re.Match[str]) -> Unit:
        prefix, atom = _known(symbol[0], self.at)
        self.at = symbol.end()
        exponent = _EXPONENT.match(self.code, self.at)
        if exponent is None:
            return Unit(atom, prefix, 1)
        self.at = exponent.end()
        power = int(exponent[0]) if len(exponent[0]) < 4 else MAX_EXPONENT + 1
        if not 0 < abs(power) <= MAX_EXPONENT:
            raise NotUcum(f"the exponent {exponent[0][:8]} is not one", exponent.start())
        return Unit(atom, prefix, power)

    def _annotated(self, part: Part) -> Part:
        found = _ANNOTATION.match(self.code, self.at)
        if found is None:
            return part
        self.at = found.end()
        return Annotated(part, found[0][1:-1])

    def _take(self, character: str) -> bool:
        if self.code[self.at : self.at + 1] != character:
            return False
        self.at += 1
        return True


def _known(symbol: str, at: int) -> tuple[Prefix | None, Atom]:
    """As a unit, else as one with a prefix. Raises NotUcum."""
    if atom := atoms().get(symbol):
        return None, atom
    for length in (2, 1):
        prefix, atom = prefixes().get(symbol[:length]), atoms().get(symbol[length:])
        if prefix and atom and atom.is_metric:
            return prefix, atom
    raise NotUcum(f"there is no unit {symbol[:64]}", at)
