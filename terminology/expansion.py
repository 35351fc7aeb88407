"""`$expand`: the members of a value set, a page of them, with what a reader needs to choose one.

https://hl7.org/fhir/R4/valueset-operation-expand.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from terminology.algebra import Run, Runs, is_versioned, runs_of, unknown_import
from terminology.canonical import split
from terminology.code_system import CodeSystem
from terminology.members import Member, Teller
from terminology.options import Options, with_defaults
from terminology.scope import Scope
from terminology.status import warning_of
from terminology.texts import Refusal, found
from terminology.value_set import ValueSet

DEFAULT_LIMIT: Final = 1_000
UNCLOSED: Final = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed"
REASON: Final = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed-reason"
Parameter = tuple[str, str, Any]
"""Name, JSON member (`valueUri`), value."""


@dataclass(slots=True)
class Expansion:
    """`properties` are code and URI of those that members carry; `total` is None where nobody counted."""

    value_set: ValueSet
    options: Options
    total: int | None = None
    parameters: list[Parameter] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    extension: list[Mapping[str, Any]] = field(default_factory=list)
    contains: list[Member] = field(default_factory=list)

    def tell(self, name: str, kind: str, value: Any) -> None:
        if (name, kind, value) not in self.parameters:
            self.parameters.append((name, kind, value))


def expand(scope: Scope, value_set: ValueSet, limit: int = DEFAULT_LIMIT) -> Expansion:
    """Raises Refusal: what the rules name is not known, they are cyclic, or too many codes without a page."""
    scope.options = with_defaults(scope.options, value_set.parameters)
    scope.require(value_set)
    expansion = Expansion(value_set, scope.options)
    _tell_options(expansion, scope.options)
    _note_status(expansion, value_set)
    if "expansion" in value_set.resource and not value_set.included:
        return _given(expansion, value_set.resource["expansion"])
    _require_imports(scope, value_set)
    scope = _matching_versions(scope, value_set, expansion)

    def note(name: str, canonical: str) -> None:
        expansion.tell(name, "valueUri", canonical)

    runs = _wanted(scope.options, runs_of(scope, value_set, note, scope.options.filter))
    _note_systems(scope, value_set, expansion)
    scope.require_supplements()
    _fill(scope, value_set, expansion, runs, limit)
    for name, canonical in scope.used:
        if canonical != value_set.canonical:
            expansion.tell(name, "valueUri", canonical)
    return expansion


def _wanted(options: Options, runs: Runs) -> Runs:
    """Without the code systems, or versions of them, that are to be left out."""
    out = {split(each) for each in options.excluded_systems}
    return [run for run in runs if not out & {(run.system.url, ""), (run.system.url, run.system.version)}]


def _tell_options(expansion: Expansion, options: Options) -> None:
    """What was asked, as the expansion repeats it."""
    languages = options.languages
    told: tuple[tuple[str, str, Any], ...] = (
        ("filter", "valueString", options.filter or None),
        ("displayLanguage", "valueCode", languages.told if languages else None),
        *(("designation", "valueString", each) for each in options.designations),
        ("excludeNested", "valueBoolean", options.exclude_nested),
        ("versionsMatch", "valueBoolean", options.versions_match or None),
        *(("exclude-system", "valueUri", each) for each in options.excluded_systems),
        ("activeOnly", "valueBoolean", options.active_only),
        ("includeDesignations", "valueBoolean", options.include_designations),
        ("includeDefinition", "valueBoolean", options.include_definition),
        ("excludeNotForUI", "valueBoolean", options.exclude_not_for_ui),
        ("excludePostCoordinated", "valueBoolean", options.exclude_post_coordinated),
        ("offset", "valueInteger", options.offset),
        ("count", "valueInteger", options.count),
    )
    expansion.parameters += [each for each in told if each[2] is not None]


def _note_status(expansion: Expansion, value_set: ValueSet) -> None:
    if warning := warning_of(value_set.resource, expansion.value_set.resource):
        expansion.tell(f"warning-{warning}", "valueUri", value_set.canonical)


def _require_imports(scope: Scope, value_set: ValueSet) -> None:
    for part in (*value_set.included, *value_set.excluded):
        for canonical in part.value_sets:
            if scope.value_set(canonical, value_set) is None:
                raise Refusal(422, unknown_import(scope.pinned(canonical)))


def _matching_versions(scope: Scope, value_set: ValueSet, expansion: Expansion) -> Scope:
    """When only other versions are excluded than are included, codes are meant, whatever their version."""
    included, excluded = value_set.included, value_set.excluded
    parts = (*included, *excluded)
    if scope.options.versions_match is not None or not included or not excluded:
        return scope
    one_system = all(part.system == included[0].system and part.version for part in parts)
    if one_system and not {p.version for p in included} & {p.version for p in excluded}:
        scope.options = replace(scope.options, versions_match=True)
        expansion.tell("versionsMatch", "valueBoolean", True)
    return scope


def _note_systems(scope: Scope, value_set: ValueSet, expansion: Expansion) -> None:
    """What a reader must know of the systems and value sets that were used."""
    for name, _, canonical in list(expansion.parameters):
        url, _, version = str(canonical).partition("|")
        if name == "used-codesystem" and (system := scope.plain(url, version)):
            _note_system(expansion, system)
        elif name == "used-valueset":
            used = scope.library.value_set(url, version)
            if used and (warning := warning_of(used.resource, value_set.resource)):
                expansion.tell(f"warning-{warning}", "valueUri", canonical)


def _note_system(expansion: Expansion, system: CodeSystem) -> None:
    header = system.header
    if warning := warning_of(header, expansion.value_set.resource):
        expansion.tell(f"warning-{warning}", "valueUri", header.canonical)
    for supplement in system.supplements:
        expansion.tell("used-supplement", "valueUri", supplement.canonical)
    if header.content != "complete":
        expansion.tell(f"used-{header.content}", "valueUri", header.canonical)
        reason = f"This extension is based on a fragment of the code system {header.url}"
        expansion.extension += (
            {"url": UNCLOSED, "valueBoolean": True},
            {"url": REASON, "valueString": reason},
        )


def _fill(scope: Scope, value_set: ValueSet, expansion: Expansion, runs: Runs, limit: int) -> None:
    options = scope.options
    expansion.total = total = sum(len(run.numbers) for run in runs)
    start = options.offset or 0
    asked = total - start if options.count is None else options.count
    if min(asked, total - start) > limit:
        name = value_set.canonical
        raise Refusal(
            422, found("error", "too-costly", "", "VALUESET_TOO_COSTLY", value_set=name, limit=limit)
        )
    teller = Teller(options, expansion.properties, is_versioned(value_set))
    if _is_tree(value_set, options, runs, total):
        expansion.contains = [] if options.count == 0 else teller.tree(runs[0])
    else:
        expansion.contains = [
            teller.member(run, number) for run, number in _page(runs, start, start + max(asked, 0))
        ]


def _is_tree(value_set: ValueSet, options: Options, runs: Runs, total: int) -> bool:
    if options.exclude_nested or options.offset or len(runs) != 1 or not runs[0].is_tree:
        return False
    tree = runs[0].system.tree
    if not tree or len(value_set.included) != 1 or (options.count is not None and options.count <= total):
        return False
    return all(len(tree.parents(number)) < 2 for number in runs[0].numbers)


def _page(runs: Runs, start: int, end: int) -> Iterator[tuple[Run, int]]:
    at = 0
    for run in runs:
        size = len(run.numbers)
        if at < end and at + size > start:
            for number in run.listed(max(start - at, 0), min(end - at, size)):
                yield run, number
        at += size


def _given(expansion: Expansion, stored: Mapping[str, Any]) -> Expansion:
    """A value set that has no rules is as it was expanded before."""
    expansion.extension = list(stored.get("extension", ()))
    expansion.contains = [_stored(each) for each in stored.get("contains", ())]
    expansion.total = stored.get("total", sum(1 for each in expansion.contains for _ in each.walk()))
    return expansion


def _stored(given: Mapping[str, Any]) -> Member:
    return Member(
        given.get("system", ""),
        given.get("version", ""),
        given.get("code", ""),
        given.get("display", ""),
        is_abstract=given.get("abstract", False),
        is_inactive=given.get("inactive", False),
        contains=[_stored(each) for each in given.get("contains", ())],
    )
