"""`GET /metadata?mode=terminology`: what the terminology service can do, and the code systems it has.

https://hl7.org/fhir/R4/terminologycapabilities.html
"""

from importlib.metadata import version
from typing import Any, Final

from terminology.library import Library

PARAMETERS: Final = (
    "activeOnly",
    "check-system-version",
    "count",
    "designation",
    "displayLanguage",
    "excludeNested",
    "excludeNotForUI",
    "filter",
    "force-system-version",
    "includeDefinition",
    "includeDesignations",
    "offset",
    "property",
    "system-version",
    "tx-resource",
    "useSupplement",
)


def terminology_capabilities(base: str, date: str, library: Library) -> dict[str, Any]:
    """`library` is what it has now."""
    return {
        "resourceType": "TerminologyCapabilities",
        "url": f"{base}/TerminologyCapabilities/terminology",
        "version": version("yilian"),
        "name": "YilianTerminology",
        "title": "Yilian terminology service",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Yilian", "version": version("yilian")},
        "implementation": {"description": "Regional health-data exchange hub", "url": base},
        "codeSystem": _code_systems(library),
        "expansion": {
            "hierarchical": True,
            "paging": True,
            "incomplete": False,
            "parameter": [{"name": name} for name in PARAMETERS],
            "textFilter": "Beginnings of words, Chinese characters, pinyin initials",
        },
        "codeSearch": "all",
        "validateCode": {"translations": True},
        "translation": {"needsMap": False},
    }


def _code_systems(library: Library) -> list[dict[str, Any]]:
    versions: dict[str, dict[str, None]] = {}
    for entry in library.entries("CodeSystem"):
        if not entry.supplements:
            versions.setdefault(entry.url, {})[entry.version] = None
    return [
        {"uri": url, **({"version": [{"code": each} for each in known if each]} if any(known) else {})}
        for url, known in sorted(versions.items())
    ]
