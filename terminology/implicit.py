"""Definitions that nobody wrote: value sets of all codes of a code system, SNOMED CT's value sets and concept
maps by a query in the URL, LOINC's answer lists and parts.

https://hl7.org/fhir/R4/snomedct.html#implicit, https://hl7.org/fhir/R4/loinc.html#implicit
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from terminology.code_system import CodeSystem
from terminology.library import Library
from terminology.naming import ICD_10, ICD_10_CM, LOINC, SNOMED_CT
from terminology.translate import ConceptMap, concept_map_of
from terminology.value_set import ValueSet, value_set_of

QUERY: Final = "?fhir_vs"
IS_A: Final = "isa/"
REFSET: Final = "refset"
MAP: Final = re.compile(
    r"(?P<system>http://snomed\.info/sct(?:/\d+(?:/version/\d+)?)?)\?fhir_cm=(?P<refset>\d+)"
)
_EDITION: Final = re.compile(r"http://snomed\.info/sct/\d+(?:/version/\d+)?")
_LOINC_SET: Final = re.compile(r"http://loinc\.org/vs/(?P<code>L[LP]\d+-\d)")
# What maps of SNOMED CT lead to
_TARGETS: Final = {
    "447562003": ICD_10,
    "6011000124106": ICD_10_CM,
    "446608001": "http://terminology.hl7.org/CodeSystem/icd-o-3",
    "900000000000497000": "http://read.info/ctv3",
}


def implicit(library: Library, url: str, version: str) -> ValueSet | None:
    """Of a code system that is known; `CodeSystem.valueSet` names the one of all its codes."""
    name, query, rest = url.partition(QUERY)
    if query:
        system, edition = (SNOMED_CT, name) if _EDITION.fullmatch(name) else (name, "")
        known = library.find("CodeSystem", system, _version_of(library, edition))
        include = {"system": system, **({"version": known.version} if known and edition else {})}
        return (
            library.remembered(("implicit", url), lambda: _queried(library, url, include, rest))
            if known
            else None
        )
    if found := _LOINC_SET.fullmatch(url):
        return library.remembered(("implicit", url), lambda: _of_loinc(library, url, found["code"]))
    for entry in library.complete_by(url):
        include = {"system": entry.url, **({"version": entry.version} if entry.version else {})}
        if version in ("", entry.version):
            return library.remembered(("implicit", entry), partial(_made, url, include))
    return None


def _version_of(library: Library, edition: str) -> str:
    """Of an edition without a date, the newest."""
    if not edition:
        return ""
    there = [
        each for each in library.versions("CodeSystem", SNOMED_CT) if f"{each}/".startswith(f"{edition}/")
    ]
    return max(there, default=edition)


def _queried(library: Library, url: str, include: Mapping[str, Any], rest: str) -> ValueSet | None:
    value = unquote(rest.removeprefix("="))
    if not value:
        return _made(url, include)
    if value.startswith(IS_A):
        return _made(url, include, {"property": "concept", "op": "is-a", "value": value.removeprefix(IS_A)})
    if value == REFSET:
        return _made(url, include, {"property": "concept", "op": "is-a", "value": "900000000000455006"})
    refset = value.removeprefix(f"{REFSET}/")
    known = library.code_system(include["system"], include.get("version", ""))
    if known is not None and refset != value and refset in known.memberships:
        return _made(url, include, {"property": "concept", "op": "in", "value": refset})
    return None  # expressions are not held


def _of_loinc(library: Library, url: str, code: str) -> ValueSet | None:
    """The answers of a list in their order, or what lies below a part."""
    system = library.code_system(LOINC)
    number = system.number(code) if system else None
    if system is None or number is None:
        return None
    include: dict[str, Any] = {"system": LOINC}
    if code.startswith("LP"):
        return _made(url, include, {"property": "concept", "op": "is-a", "value": code})
    members = system.entries[number].get("members", ())
    return _made(url, {**include, "concept": [{"code": each} for each in members]})


def _made(url: str, include: Mapping[str, Any], *filters: Mapping[str, str]) -> ValueSet:
    whole = {**include, "filter": list(filters)} if filters else include
    compose = {"include": [whole]}
    return value_set_of({"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose})


def implicit_map(library: Library, url: str) -> ConceptMap | None:
    """`http://snomed.info/sct?fhir_cm=REFSET` of a map that concepts carry with them."""
    asked = MAP.fullmatch(url)
    if asked is None:
        return None
    edition = asked["system"] if asked["system"] != SNOMED_CT else ""
    system = library.code_system(SNOMED_CT, _version_of(library, edition))
    if system is None:
        return None
    return library.remembered(("implicit", url), lambda: _map_of(url, system, asked["refset"]))


def _map_of(url: str, system: CodeSystem, refset: str) -> ConceptMap | None:
    elements = [
        {"code": system.codes[number], "target": targets}
        for number, entry in enumerate(system.entries)
        if (targets := [_target(*said) for id_, *said in entry.get("maps", ()) if id_ == refset])
    ]
    if not elements:
        return None
    group = {"source": SNOMED_CT, "target": _TARGETS.get(refset, SNOMED_CT), "element": elements}
    return concept_map_of({"url": url, "version": system.version, "group": [group]})


def _target(code: str, equivalence: str, advice: str) -> dict[str, str]:
    said = {"code": code, "equivalence": equivalence, "comment": advice}
    return {name: value for name, value in said.items() if value}
