"""The messages that the base maps translate: MSH-9.1 and its events.

https://www.hl7.org/fhir/R4/v2/0003/index.html (Table 0003). What is not listed is refused, not half stored.
"""

from collections.abc import Mapping
from typing import Final


def _events(letter: str, *spans: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{letter}{number:02}" for first, last in spans for number in range(first, last + 1))


SUPPORTED: Final[Mapping[str, frozenset[str]]] = {
    "ADR": frozenset({"A19"}),
    "ADT": _events("A", (1, 62)),
    "BAR": _events("P", (1, 2), (5, 6), (10, 10), (12, 12)),
    "DFT": _events("P", (3, 3), (11, 11)),
    "MDM": _events("T", (1, 11)),
    "MFN": _events("M", (1, 17)),
    "OMD": frozenset({"O03"}),
    "OMG": frozenset({"O19"}),
    "OMI": frozenset({"O23"}),
    "OML": frozenset({"O21", "O33", "O35", "O39"}),
    "OMN": frozenset({"O07"}),
    "OMP": frozenset({"O09"}),
    "OMS": frozenset({"O05"}),
    "ORM": frozenset({"O01"}),
    "ORU": frozenset({"R01", "R30", "R31", "R32", "R40"}),
    "OUL": _events("R", (21, 24)),
    "PGL": frozenset({"PC6", "PC7", "PC8"}),
    "PPP": frozenset({"PCB", "PCC", "PCD"}),
    "PPR": frozenset({"PC1", "PC2", "PC3"}),
    "RAS": frozenset({"O01", "O17"}),
    "RDE": frozenset({"O01", "O11", "O25"}),
    "RDS": frozenset({"O01", "O13"}),
    "REF": _events("I", (12, 15)),
    "RGV": frozenset({"O01", "O15"}),
    "RSP": frozenset({"K21", "K22", "K23", "K24"}),
    "SIU": _events("S", (12, 24), (26, 27)),
    "VXU": frozenset({"V04"}),
}
