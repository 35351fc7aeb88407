"""`$translate`: concept maps compiled to dictionaries, read in both directions.

https://hl7.org/fhir/R4/conceptmap-operation-translate.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from terminology.canonical import split
from terminology.checks import CodeOf
from terminology.library import Entry, Library

UNMATCHED: Final = frozenset(("unmatched", "disjoint"))
_REVERSED: Final = {
    "wider": "narrower",
    "narrower": "wider",
    "subsumes": "specializes",
    "specializes": "subsumes",
}
# R5's relationships by R4's equivalences
_RELATIONSHIPS: Final = {
    "related-to": "relatedto",
    "source-is-narrower-than-target": "wider",
    "source-is-broader-than-target": "narrower",
    "not-related-to": "disjoint",
}
MAX_MAPS: Final = 8


@dataclass(frozen=True, slots=True)
class Match:
    """`depends_on` must be so for the match to hold: element and value. `source` is the map."""

    equivalence: str
    concept: CodeOf
    source: str
    depends_on: tuple[tuple[str, str], ...] = ()
    product: tuple[Mapping[str, Any], ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """What a group does with a code that it does not have."""

    mode: str
    code: str
    display: str
    url: str


@dataclass(frozen=True)
class ConceptMap:
    """`forward` and `backward` by system and code; `unmapped` by source and target system."""

    canonical: str
    source_set: str
    target_set: str
    forward: Mapping[tuple[str, str], tuple[Match, ...]]
    backward: Mapping[tuple[str, str], tuple[Match, ...]]
    unmapped: tuple[tuple[str, str, Unmapped], ...]


@dataclass(frozen=True, slots=True)
class Translation:
    matches: tuple[Match, ...]
    message: str = ""

    @property
    def result(self) -> bool:
        return any(match.equivalence not in UNMATCHED for match in self.matches)


def concept_map_of(resource: Mapping[str, Any]) -> ConceptMap:
    url, version = resource.get("url", ""), resource.get("version", "")
    canonical = f"{url}|{version}" if version else url
    forward: dict[tuple[str, str], list[Match]] = {}
    backward: dict[tuple[str, str], list[Match]] = {}
    unmapped = []
    for group in resource.get("group", ()):
        source, target = group.get("source", ""), group.get("target", "")
        for element in group.get("element", ()):
            for each in element.get("target", ()):
                _put(forward, backward, canonical, (source, element), (target, each))
        if rule := group.get("unmapped"):
            named = (rule.get("mode", ""), rule.get("code", ""), rule.get("display", ""), rule.get("url", ""))
            unmapped.append((source, target, Unmapped(*named)))
    return ConceptMap(
        canonical,
        resource.get("sourceCanonical") or resource.get("sourceUri", ""),
        resource.get("targetCanonical") or resource.get("targetUri", ""),
        {key: tuple(matches) for key, matches in forward.items()},
        {key: tuple(matches) for key, matches in backward.items()},
        tuple(unmapped),
    )


def _put(
    forward: dict[tuple[str, str], list[Match]],
    backward: dict[tuple[str, str], list[Match]],
    canonical: str,
    source: tuple[str, Mapping[str, Any]],
    target: tuple[str, Mapping[str, Any]],
) -> None:
    said = target[1].get("equivalence") or target[1].get("relationship", "equivalent")
    equivalence = _RELATIONSHIPS.get(said, said)
    to = CodeOf(target[0], target[1].get("code", ""), display=target[1].get("display", ""))
    back = CodeOf(source[0], source[1].get("code", ""), display=source[1].get("display", ""))
    depends = tuple(
        (each.get("property", ""), each.get("value", "")) for each in target[1].get("dependsOn", ())
    )
    product = tuple(target[1].get("product", ()))
    comment = target[1].get("comment", "")
    match = Match(equivalence, to, canonical, depends, product, comment)
    forward.setdefault((back.system, back.code), []).append(match)
    if to.code and equivalence not in UNMATCHED:
        reverse = _REVERSED.get(equivalence, equivalence)
        backward.setdefault((to.system, to.code), []).append(Match(reverse, back, canonical, depends))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which maps, and what of them: `target_system` and the value sets may be empty."""

    target_system: str = ""
    source_set: str = ""
    target_set: str = ""
    depends_on: tuple[tuple[str, str], ...] = ()
    is_reverse: bool = False


def translate(
    library: Library, maps: Sequence[ConceptMap], codings: Sequence[CodeOf], wanted: Wanted
) -> Translation:
    """Each match once, in the order of the maps."""
    found: dict[tuple[str, str, str, str], Match] = {}
    withheld = 0
    for concept_map in maps:
        for coding in codings:
            for match in _matches(library, concept_map, coding, wanted, MAX_MAPS):
                if not set(match.depends_on) <= set(wanted.depends_on):
                    withheld += 1
                    continue
                concept = match.concept
                found.setdefault((match.source, match.equivalence, concept.system, concept.code), match)
    message = "" if found else "No mapping was found"
    if withheld and not found:
        message = "The mappings there are depend on what was not given"
    return Translation(tuple(found.values()), message)


def _matches(
    library: Library, concept_map: ConceptMap, coding: CodeOf, wanted: Wanted, left: int
) -> list[Match]:
    there = (concept_map.backward if wanted.is_reverse else concept_map.forward).get(
        (coding.system, coding.code), ()
    )
    kept = [each for each in there if wanted.target_system in ("", each.concept.system)]
    if kept or wanted.is_reverse:
        return kept
    made: list[Match] = []
    for source, target, rule in concept_map.unmapped:
        if source == coding.system and wanted.target_system in ("", target):
            made += _unmapped(library, concept_map, coding, wanted, (target, rule), left)
    return made


def _unmapped(
    library: Library,
    concept_map: ConceptMap,
    coding: CodeOf,
    wanted: Wanted,
    ruled: tuple[str, Unmapped],
    left: int,
) -> list[Match]:
    target, rule = ruled
    if rule.mode == "provided":
        return [Match("equal", CodeOf(target, coding.code, display=coding.display), concept_map.canonical)]
    if rule.mode == "fixed":
        return [Match("inexact", CodeOf(target, rule.code, display=rule.display), concept_map.canonical)]
    other = library.find("ConceptMap", *split(rule.url)) if rule.mode == "other-map" and left else None
    return _matches(library, other.compiled(concept_map_of), coding, wanted, left - 1) if other else []


def maps_for(library: Library, codings: Sequence[CodeOf], wanted: Wanted) -> list[ConceptMap]:
    """Those of the library that know one of the codes, between the value sets that are named."""
    systems = {coding.system for coding in codings}
    found = []
    for entry in library.entries("ConceptMap"):
        concept_map = _compiled(entry)
        ends = (concept_map.source_set, concept_map.target_set)
        source, target = reversed(ends) if wanted.is_reverse else ends
        fits = wanted.source_set in ("", split(source)[0]) and wanted.target_set in ("", split(target)[0])
        if fits and systems & _systems(concept_map, wanted):
            found.append(concept_map)
    return found


def _compiled(entry: Entry) -> ConceptMap:
    return entry.compiled(concept_map_of)


def _systems(concept_map: ConceptMap, wanted: Wanted) -> set[str]:
    known: dict[bool, set[str]] = concept_map.__dict__.setdefault("_systems", {})
    if wanted.is_reverse not in known:
        there = concept_map.backward if wanted.is_reverse else concept_map.forward
        named = {system for system, _ in there}
        known[wanted.is_reverse] = named | {source for source, _, _ in concept_map.unmapped}
    return known[wanted.is_reverse]
