"""UCUM as a code system: every unit that its grammar knows is a code, and its own display.

https://hl7.org/fhir/R4/ucum.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyroaring import BitMap

from terminology.code_system import Header
from terminology.designations import Designation
from terminology.grammars import GrammarSystem, grammar
from terminology.naming import UCUM
from terminology.ucum.atoms import VERSION
from terminology.ucum.canonical import canonical
from terminology.ucum.names import analysed
from terminology.ucum.parse import NotUcum, parse


@dataclass(frozen=True, eq=False)
class UcumSystem(GrammarSystem):
    """Codes can be chosen by `canonical`: the base units that they come down to."""

    def designations(self, number: int) -> list[Designation]:
        code = self.codes[number]
        return [Designation(code, "en"), Designation(analysed(code), "en")]

    def index(self, code: str) -> Mapping[str, BitMap]:
        """Of the units that were asked for."""
        found: dict[str, BitMap] = {}
        if code == "canonical":
            for number, each in enumerate(self.codes):
                found.setdefault(_canonical(each), BitMap()).add(number)
        return found

    @property
    def used_properties(self) -> Mapping[str, Any]:
        return {"canonical": None}


def ucum_system() -> UcumSystem:
    """A new one; what it has met is its own."""
    header = Header(
        UCUM,
        VERSION,
        name="UCUM",
        title="Unified Code for Units of Measure",
        status="active",
        is_case_sensitive=True,
        language="en",
        properties={"canonical": ""},
    )
    return grammar(UcumSystem, header, is_unit, str)


def is_unit(code: str) -> bool:
    try:
        parse(code)
    except NotUcum:
        return False
    return True


def _canonical(code: str) -> str:
    try:
        return canonical(code).code
    except OverflowError:
        return ""
