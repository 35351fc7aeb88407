"""Value sets as sets: runs of numbered concepts, united, intersected and taken away as bitmaps.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

from pyroaring import BitMap, FrozenBitMap

from terminology.checks import TxIssue
from terminology.code_system import CodeSystem, Header
from terminology.filters import BadPattern, Bits, Filter, UnknownFilter, selected
from terminology.hierarchy import Hierarchy
from terminology.scope import Scope
from terminology.text_filter import passes, text_index
from terminology.texts import Refusal, found
from terminology.value_set import Part, Reference, ValueSet

Note = Callable[[str, str], None]
"""Told of what an expansion has used: `used-codesystem` and a canonical."""
MAX_DEPTH: Final = 32


@dataclass(frozen=True, slots=True)
class Run:
    """Concepts of one code system. `order`: as a value set lists them, else as the code system does.
    `references` is what the value set calls them; `is_tree` says that all came from one hierarchy."""

    system: CodeSystem
    numbers: Bits
    order: Sequence[int] | None = None
    references: Mapping[int, Reference] = field(default_factory=dict)
    is_tree: bool = False

    def within(self, numbers: Bits) -> "Run":
        kept = self.numbers & numbers
        order = [n for n in self.order if n in kept] if self.order is not None else None
        return Run(self.system, kept, order, self.references, self.is_tree)

    def listed(self, start: int, end: int) -> Sequence[int]:
        if self.order is not None:
            return self.order[start:end]
        return list(self.numbers) if end - start >= len(self.numbers) else list(self.numbers[start:end])


Runs = list[Run]


def runs_of(scope: Scope, value_set: ValueSet, note: Note, text: str = "") -> Runs:
    """The members of a value set, each once, in order. Raises Refusal."""
    with scope.entered(value_set):
        versioned = is_versioned(value_set)
        excluded = [part_runs(scope, value_set, part, note, "") for part in value_set.excluded]
        taken: Runs = []
        for part in value_set.newest_first:
            runs = part_runs(scope, value_set, part, note, text)
            taken += without(active(scope, value_set, runs), [*taken], versioned)
        gone = [run for runs in excluded for run in runs]
        return [
            run for run in without(taken, gone, versioned and not scope.options.versions_match) if run.numbers
        ]


def is_versioned(value_set: ValueSet) -> bool:
    """Whether it takes different versions of one system: the same code is then a member in each."""
    versions: dict[str, set[str]] = {}
    for part in (*value_set.included, *value_set.excluded):
        if part.system:
            versions.setdefault(part.system, set()).add(part.version)
    return any(len(each) > 1 for each in versions.values())


def active(scope: Scope, value_set: ValueSet, runs: Runs) -> Runs:
    if scope.options.active_only or value_set.excludes_inactive:
        runs = [run.within(run.system.all - run.system.inactive) for run in runs]
    if scope.options.exclude_not_for_ui:
        runs = [run.within(run.system.all - run.system.abstract) for run in runs]
    return runs


def part_runs(scope: Scope, value_set: ValueSet, part: Part, note: Note, text: str) -> Runs:
    """What all that one include or exclude names have in common."""
    imported = [_imported(scope, value_set, url, note, text) for url in part.value_sets]
    if not part.system:
        if not imported:
            return []
        first, *others = imported
        return reduce(intersected, others, first)
    if part.concepts and scope.options.takes_lists:
        system = listed_system(part)
    else:
        system = scope.expandable(part.system, part.version)
    note("used-codesystem", system.header.canonical)
    own = [_chosen(value_set, part, system, text)]
    return reduce(intersected, imported, own)


def listed_system(part: Part) -> CodeSystem:
    """The codes that are listed as if they were all that there are."""
    codes = list(dict.fromkeys(each.code for each in part.concepts))
    header = Header(part.system, part.version, content="fragment", is_case_sensitive=True)
    numbers = {code: number for number, code in enumerate(codes)}
    return CodeSystem(header, codes, codes, numbers, Hierarchy(len(codes), ()), [{}] * len(codes))


def _imported(scope: Scope, value_set: ValueSet, canonical: str, note: Note, text: str) -> Runs:
    other = scope.value_set(canonical, value_set)
    if other is None:
        raise Refusal(422, unknown_import(scope.pinned(canonical)))
    if not canonical.startswith("#"):
        note("used-valueset", other.canonical)
    key = (other, text)
    if key not in scope.runs:
        told: dict[tuple[str, str], None] = {}
        runs = runs_of(scope, other, lambda name, of: told.setdefault((name, of)), text)
        scope.runs[key] = told, [Run(run.system, run.numbers, run.order, run.references) for run in runs]
    told, found_ = scope.runs[key]
    for name, of in told:
        note(name, of)
    return list(found_)


def unknown_import(canonical: str) -> TxIssue:
    url, _, version = canonical.partition("|")
    id_ = "VS_EXP_IMPORT_UNK_PINNED" if version else "VS_EXP_IMPORT_UNK"
    return found(
        "error", "not-found", "not-found" if version else "unknown", id_, value_set=url, version=version
    )


def _chosen(value_set: ValueSet, part: Part, system: CodeSystem, text: str) -> Run:
    if part.concepts:
        return _enumerated(part, system, text)
    if not system.is_enumerable:
        issue = found("error", "not-supported", "vs-invalid", "CODESYSTEM_NOT_ENUMERABLE", system=system.url)
        raise Refusal(422, issue)
    numbers: Bits = system.all
    for n, each in enumerate(part.filters):
        numbers = numbers & filtered(value_set, part, system, each, n)
    if text:
        numbers = numbers & index_of(system).matching(text)
    return Run(system, numbers, is_tree=len(part.filters) < 2 and (not text or bool(part.filters)))


def index_of(system: CodeSystem) -> Any:
    """Its text index, made once."""
    known = system.__dict__.get("text_index")
    if known is None:
        known = system.__dict__["text_index"] = text_index(system)
    return known


def _enumerated(part: Part, system: CodeSystem, text: str) -> Run:
    references: dict[int, Reference] = {}
    for each in part.concepts:
        number = system.number(each.code)
        if (
            number is not None
            and number not in references
            and (not text or _passes(system, number, each, text))
        ):
            references[number] = each
    order = list(references)
    return Run(system, FrozenBitMap(order), order, references)


def _passes(system: CodeSystem, number: int, reference: Reference, text: str) -> bool:
    called = [each.value for each in (*system.designations(number), *reference.designations)]
    return passes(text, [*called, reference.display, reference.code])


def filtered(value_set: ValueSet, part: Part, system: CodeSystem, given: Filter, n: int) -> Bits:
    """Raises Refusal for a filter that has no meaning here."""
    at = f"ValueSet.compose.{part.at}.filter[{n}]"
    named: dict[str, Any] = {"system": system.url, "property": given.property, "op": given.op}
    if not given.value:
        id_ = "UNABLE_TO_HANDLE_SYSTEM_FILTER_WITH_NO_VALUE"
        raise Refusal(400, found("error", "invalid", "vs-invalid", id_, at, **named))
    try:
        return selected(system, given)
    except UnknownFilter:
        named |= {"value": given.value, "value_set": value_set.url}
        issue = found("error", "not-supported", "vs-invalid", "FILTER_NOT_UNDERSTOOD", at, **named)
        raise Refusal(400, issue) from None
    except BadPattern:
        text = f"The regular expression '{given.value[:64]}' is not one that can be evaluated in bounded time"
        raise Refusal(400, TxIssue("error", "invalid", "vs-invalid", "", text, at)) from None


def intersected(runs: Runs, others: Runs) -> Runs:
    """What stands in both, told as the first does; versions of a system do not matter here."""
    return [run.within(_common(run, others)) for run in runs]


def without(runs: Runs, others: Iterable[Run], versioned: bool) -> Runs:
    gone = list(others)
    return [run.within(run.system.all - _common(run, gone, versioned)) for run in runs] if gone else runs


def _common(run: Run, others: Iterable[Run], versioned: bool = False) -> Bits:
    common = BitMap()
    for other in others:
        if other.system is run.system or other.system.codes is run.system.codes:
            common |= other.numbers
        elif other.system.url == run.system.url and not (
            versioned and other.system.version != run.system.version
        ):
            there = (run.system.number(other.system.codes[n]) for n in other.numbers)
            common.update(n for n in there if n is not None)
    return common
