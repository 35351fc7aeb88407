"""A code system's concepts, what is above and below each, and the filters that choose among them.

https://hl7.org/fhir/R4/codesystem.html#filters
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.pattern import matches_full

Definition = Mapping[str, Any]
Links = Mapping[str, set[str]]


class NotExpandable(ValueError):
    """What is asked of a code system or value set cannot be worked out here; the message says why."""


@dataclass(frozen=True, slots=True)
class Filter:
    property: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The concepts by code, and the codes one step above and below each."""

    concepts: Mapping[str, Definition]
    parents: Links
    children: Links

    def below(self, code: str) -> set[str]:
        """The code, and all that it subsumes."""
        return _closure(self.children, code)

    def above(self, code: str) -> set[str]:
        """The code, and all that subsume it."""
        return _closure(self.parents, code)

    def chosen(self, wanted: Filter) -> set[str]:
        """The codes that the filter lets through. Raises NotExpandable."""
        match wanted.op:
            case "is-a":
                return self.below(wanted.value)
            case "descendent-of":
                return self.below(wanted.value) - {wanted.value}
            case "is-not-a":
                return set(self.concepts) - self.below(wanted.value)
            case "generalizes":
                return self.above(wanted.value)
            case "=":
                return self._having(wanted.property, {wanted.value})
            case "in":
                return self._having(wanted.property, _listed(wanted.value))
            case "not-in":
                return set(self.concepts) - self._having(wanted.property, _listed(wanted.value))
            case "regex":
                return self._matching(wanted)
            case "exists":
                there = {code for code in self.concepts if any(self._values(code, wanted.property))}
                return there if wanted.value == "true" else set(self.concepts) - there
        raise NotExpandable(f"the filter {wanted.op} is not supported")

    def _having(self, name: str, values: set[str]) -> set[str]:
        return {code for code in self.concepts if not values.isdisjoint(self._values(code, name))}

    def _matching(self, wanted: Filter) -> set[str]:
        try:
            return {
                code
                for code in self.concepts
                if any(matches_full(value, wanted.value) for value in self._values(code, wanted.property))
            }
        except FhirPathError as error:
            raise NotExpandable(f"its filter cannot be used: {error}") from None

    def _values(self, code: str, name: str) -> Iterator[str]:
        """The values of a concept's property; `concept` and `code` are the code itself."""
        match name:
            case "concept" | "code":
                yield code
            case "display" | "definition":
                yield from filter(None, (self.concepts[code].get(name),))
            case "parent":
                yield from self.parents.get(code, ())
            case "child":
                yield from self.children.get(code, ())
            case _:
                yield from _properties(self.concepts[code], name)


def of(code_system: Definition) -> Hierarchy:
    """By how its concepts are nested, and by their properties `parent`, `subsumedBy` and `child`."""
    concepts: dict[str, Definition] = {}
    parents: dict[str, set[str]] = defaultdict(set)
    children: dict[str, set[str]] = defaultdict(set)
    for above, concept in _nested("", code_system.get("concept", ())):
        code = concept["code"]
        concepts[code] = concept
        for upper in (above, *_properties(concept, "parent"), *_properties(concept, "subsumedBy")):
            if upper:
                parents[code].add(upper)
                children[upper].add(code)
        for lower in _properties(concept, "child"):
            parents[lower].add(code)
            children[code].add(lower)
    return Hierarchy(concepts, parents, children)


def _nested(above: str, concepts: Any) -> Iterator[tuple[str, Definition]]:
    waiting = [(above, concept) for concept in concepts]
    while waiting:
        upper, concept = waiting.pop()
        yield upper, concept
        waiting += [(concept["code"], inner) for inner in concept.get("concept", ())]


def _properties(concept: Definition, name: str) -> Iterator[str]:
    for each in concept.get("property", ()):
        if each.get("code") == name:
            value = next((value for key, value in each.items() if key.startswith("value")), "")
            value = value.get("code", "") if isinstance(value, dict) else value
            yield str(value).lower() if isinstance(value, bool) else str(value)


def _closure(links: Links, code: str) -> set[str]:
    found, waiting = {code}, [code]
    while waiting:
        new = links.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _listed(value: str) -> set[str]:
    return {part.strip() for part in value.split(",")}
