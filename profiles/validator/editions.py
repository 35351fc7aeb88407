"""Codes that HL7's tables have got since the edition that travels with R4.

R4 bundles the tables of HL7 v2 as they were in 2018; https://terminology.hl7.org goes on with them under the
same URLs, and what is written today has today's codes.
"""

import re
from collections.abc import Mapping
from typing import Final

_V2: Final = "http://terminology.hl7.org/CodeSystem/v2-"
_LATER: Final[Mapping[str, frozenset[str]]] = {
    f"{_V2}0203": frozenset(
        (
            "AIN", "CAAI", "DSG", "ETIN", "FGN", "GIN", "GKV", "KZVA", "L&I", "NIIH", "PAYERID", "PGN", "PIN",
            "PKV", "SAMN", "SRX", "UCID", "UMB", "ZANR",
        )
    ),
    f"{_V2}0912": frozenset(("CLPO", "DIE", "ED", "EO", "FL", "OF", "OPO", "RIE", "TL")),
}  # fmt: skip
# The national identifier of a country: NN and its three letters of ISO 3166; R4 has NNxxx for all of them.
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {f"{_V2}0203": re.compile("NN[A-Z]{3}")}


def is_later(system: str, code: str) -> bool:
    form = _FORMS.get(system)
    return code in _LATER.get(system, ()) or bool(form and form.fullmatch(code))
