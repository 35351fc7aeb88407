"""Reference sets: members, preferred names, and maps, which concepts carry with them.

An entry's `memberOf` are the simple reference sets that the concept is in; its `maps` are pairs of a map's
reference set and what it says: target, equivalence, advice.

https://confluence.ihtsdotools.org/display/DOCRELFMT/5.2+Reference+Set+Types
"""

from collections.abc import Iterator
from typing import Final

from terminology.importers.files import Files
from terminology.importers.release import Rows, Tell
from terminology.importers.rf2_components import Component, components

_MEMBER: Final = ("id", "effectiveTime", "active", "refsetId", "referencedComponentId")
SIMPLE: Final = Component("der2_Refset_", _MEMBER)
LANGUAGE: Final = Component("der2_cRefset_Language", (*_MEMBER, "acceptabilityId"))
ASSOCIATION: Final = Component("der2_cRefset_Association", (*_MEMBER, "targetComponentId"))
SIMPLE_MAP: Final = Component("der2_sRefset_SimpleMap", (*_MEMBER, "mapTarget"))
COMPLEX_MAP: Final = Component("der2_iissscRefset_", (*_MEMBER, "mapTarget", "correlationId", "mapAdvice"))
EXTENDED_MAP: Final = Component("der2_iisssccRefset_", (*_MEMBER, "mapTarget", "correlationId", "mapAdvice"))
PREFERRED: Final = "900000000000548007"
# US English goes before British, and both before any other where the display is chosen.
_RANKS: Final = {"900000000000509007": 0, "900000000000508004": 1}
# https://hl7.org/fhir/R4/snomedct.html#implicit-cm
_BY_REFSET: Final = {
    "900000000000527005": "equal",
    "900000000000526001": "equivalent",
    "900000000000523009": "inexact",
    "900000000000530003": "inexact",
}
_BY_CORRELATION: Final = {
    "447557004": "equivalent",
    "447558009": "wider",
    "447559001": "narrower",
    "447560006": "inexact",
    "447556008": "unmatched",
    "1193551004": "inexact",
    "1193552006": "inexact",
}
Mapped = tuple[str, str, str, str, str]
"""Concept, reference set, target, equivalence, advice."""


def preferred_in(files: Files, tell: Tell) -> dict[str, int]:
    """How much the descriptions are preferred that a language reference set prefers: 0 is most."""
    found: dict[str, int] = {}
    for _, _, active, refset, description, acceptability in components(files, LANGUAGE, tell, needed=False):
        if active == "1" and acceptability == PREFERRED:
            found[description] = min(_RANKS.get(refset, 2), found.get(description, 9))
    return found


def add_refsets(files: Files, rows: Rows, tell: Tell) -> None:
    """Raises UnusableFile."""
    members: dict[str, list[str]] = {}
    for _, _, active, refset, code in components(files, SIMPLE, tell, needed=False):
        if active == "1" and rows.get(code):
            members.setdefault(code, []).append(refset)
    for code, refsets in members.items():
        rows.at(code).add("memberOf", refsets)
    maps: dict[str, list[list[str]]] = {}
    for code, *mapped in _maps(files, tell):
        if rows.get(code):
            maps.setdefault(code, []).append(mapped)
    for code, said in maps.items():
        rows.at(code).add("maps", said)


def _maps(files: Files, tell: Tell) -> Iterator[Mapped]:
    for kind in (ASSOCIATION, SIMPLE_MAP):
        for _, _, active, refset, code, target in components(files, kind, tell, needed=False):
            if active == "1":
                yield code, refset, target, _BY_REFSET.get(refset, "relatedto"), ""
    for kind in (COMPLEX_MAP, EXTENDED_MAP):
        for _, _, active, refset, code, target, correlation, advice in components(
            files, kind, tell, needed=False
        ):
            if active == "1":
                yield code, refset, target, _BY_CORRELATION.get(correlation, "relatedto"), advice
