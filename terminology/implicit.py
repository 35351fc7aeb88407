"""Value sets that nobody wrote: all codes of a code system, and SNOMED CT's by a query in the URL.

https://hl7.org/fhir/R4/snomedct.html#implicit
"""

from typing import Any, Final
from urllib.parse import unquote

from terminology.library import Library
from terminology.value_set import ValueSet, value_set_of

QUERY: Final = "?fhir_vs"
IS_A: Final = "isa/"


def implicit(library: Library, url: str, version: str) -> ValueSet | None:
    """`…?fhir_vs` and `…?fhir_vs=isa/CODE` of a code system that is known, or its `CodeSystem.valueSet`."""
    system, query, rest = url.partition(QUERY)
    if query:
        known = library.find("CodeSystem", system)
        return library.remembered(("implicit", url), lambda: _queried(url, system, rest)) if known else None
    for entry in library.complete_by(url):
        include = {"system": entry.url, **({"version": entry.version} if entry.version else {})}
        if version in ("", entry.version):
            return library.remembered(("implicit", entry), lambda part=include: _made(url, part))  # type: ignore[misc]
    return None


def _queried(url: str, system: str, rest: str) -> ValueSet | None:
    value = unquote(rest.removeprefix("="))
    if not value:
        return _made(url, {"system": system})
    if value.startswith(IS_A):
        rule = {"property": "concept", "op": "is-a", "value": value.removeprefix(IS_A)}
        return _made(url, {"system": system, "filter": [rule]})
    return None  # reference sets and expressions are not held


def _made(url: str, include: dict[str, Any]) -> ValueSet:
    compose = {"include": [include]}
    return value_set_of({"resourceType": "ValueSet", "url": url, "status": "active", "compose": compose})
