"""`GET /metadata?mode=terminology`: what the terminology service can do, and the code systems it has.

https://hl7.org/fhir/R4/terminologycapabilities.html
"""

from importlib.metadata import version
from typing import Any

from terminology.library import Library
from terminology.wire.parameters import TAKEN


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
            "parameter": [{"name": name} for name in sorted(TAKEN["expand"])],
            "textFilter": "Beginnings of words, Chinese characters, pinyin initials",
        },
        "codeSearch": "all",
        "validateCode": {"translations": True},
        "translation": {"needsMap": False},
        "closure": {"translation": False},
    }


def _code_systems(library: Library) -> list[dict[str, Any]]:
    versions: dict[str, dict[str, None]] = {}
    for entry in library.entries("CodeSystem"):
        if not entry.supplements:
            versions.setdefault(entry.url, {})[entry.version] = None
    return [
        {
            "uri": url,
            **({"version": [{"code": each} for each in known if each]} if any(known) else {}),
            "subsumption": True,
        }
        for url, known in sorted(versions.items())
    ]
