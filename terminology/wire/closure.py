"""A client's closure table, from what it asks to the ConceptMap of what is new to it.

https://hl7.org/fhir/R4/conceptmap-operation-closure.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from terminology.checks import CodeOf
from terminology.closure import Edge
from terminology.options import Given, text
from terminology.wire.subject import coding_of, refused

# Of a request, and of a table.
MAX_CONCEPTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class ClosureAsked:
    """Concepts to add, or `since`: to hear again what came after that version; neither begins a table."""

    name: str
    concepts: tuple[CodeOf, ...]
    since: int | None


def closure_asked(given: Sequence[Given]) -> ClosureAsked:
    """Raises Refusal."""
    name = text(given, "name")
    if not name or len(name) > 256:
        raise refused(400, "required", "name names the closure table, in up to 256 characters", "name")
    concepts = tuple(coding_of(value) for each, value in given if each == "concept")
    version = text(given, "version")
    if concepts and version:
        raise refused(400, "invalid", "concept and version cannot be combined", "version")
    if len(concepts) > MAX_CONCEPTS:
        raise refused(422, "too-costly", f"A request adds at most {MAX_CONCEPTS} concepts", "concept")
    if version and not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise refused(400, "invalid", "version is one that an answer of this table named", "version")
    return ClosureAsked(name, concepts, int(version) if version else None)


def concept_map_of(title: str, version: int, edges: Iterable[Edge], id_: str, now: str) -> dict[str, Any]:
    """Each element's targets subsume it; nothing is said of what stands apart."""
    groups: dict[str, dict[str, list[str]]] = {}
    for edge in edges:
        groups.setdefault(edge.system, {}).setdefault(edge.below, []).append(edge.above)
    made: dict[str, Any] = {
        "resourceType": "ConceptMap",
        "id": id_,
        "version": str(version),
        "name": title,
        "status": "active",
        "experimental": True,
        "date": now,
    }
    if groups:
        made["group"] = [
            {"source": system, "target": system, "element": [_element(*each) for each in elements.items()]}
            for system, elements in groups.items()
        ]
    return made


def _element(code: str, above: Iterable[str]) -> dict[str, Any]:
    return {"code": code, "target": [{"code": each, "equivalence": "subsumes"} for each in above]}
