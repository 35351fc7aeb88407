"""`$lookup` and `$subsumes`: what a code system says of a concept, and of two.

https://hl7.org/fhir/R4/codesystem-operation-lookup.html and
https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from terminology.checks import CodeOf, TxIssue
from terminology.code_system import CodeSystem
from terminology.designations import Designation, preferred
from terminology.languages import same
from terminology.reports import unknown_code
from terminology.scope import Scope
from terminology.texts import Refusal, found

Outcome = Literal["equivalent", "subsumes", "subsumed-by", "not-subsumed"]
# What is told of a concept where no property is asked for
_PLAIN: Final = ("inactive", "parent", "child")


@dataclass(frozen=True, slots=True)
class Told:
    """A property; `description` is the display of a concept that it names."""

    code: str
    kind: str
    value: Any
    description: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    system: CodeSystem
    code: str
    display: str
    definition: str
    is_abstract: bool
    designations: tuple[Designation, ...]
    properties: tuple[Told, ...]


def look_up(scope: Scope, coding: CodeOf) -> Lookup:
    """Raises Refusal: 404 for a code or system that is not known."""
    system = known_system(scope, coding)
    number = system.number(coding.code)
    if number is None:
        raise Refusal(404, unknown_code("code", coding.code, system))
    scope.require_supplements()
    names = system.designations(number)
    shown = preferred(names, scope.options.languages) or preferred(names, None)
    return Lookup(
        system,
        system.codes[number],
        shown.value if shown else "",
        system.definition(number),
        number in system.abstract,
        tuple(_in_languages(names, scope.options.properties)),
        tuple(_properties(system, number, scope.options.properties)),
    )


def _in_languages(names: Sequence[Designation], wanted: tuple[str, ...]) -> Sequence[Designation]:
    """Where `lang.X` is asked for, those in X."""
    tags = [each.removeprefix("lang.") for each in wanted if each.startswith("lang.")]
    return (
        [each for each in names if any(same(each.language, tag, "language") for tag in tags)]
        if tags
        else names
    )


def known_system(scope: Scope, coding: CodeOf) -> CodeSystem:
    """Raises Refusal: 404 for one that is not known."""
    version = scope.chosen(coding.system, coding.version)
    system = scope.code_system(coding.system, coding.version)
    if system is None:
        id_ = "UNKNOWN_CODESYSTEM_VERSION_NONE" if version else "UNKNOWN_CODESYSTEM"
        issue = found("error", "not-found", "not-found", id_, "system", system=coding.system, version=version)
        raise Refusal(404, issue)
    if forbidden := scope.forbidden(system):
        raise Refusal(400, forbidden)
    return system


def _properties(system: CodeSystem, number: int, wanted: tuple[str, ...]) -> Iterator[Told]:
    everything = not wanted or "*" in wanted
    names = _PLAIN if everything else wanted
    if "inactive" in names:
        yield Told("inactive", "valueBoolean", number in system.inactive)
    for name, beside in (("parent", system.tree.parents), ("child", system.tree.children)):
        if name in names:
            yield from (Told(name, "valueCode", system.codes[n], system.displays[n]) for n in beside(number))
    for each in system.properties(number):
        own = each.code not in _PLAIN
        if own and (everything or each.code in wanted):
            other = system.numbers.get(each.value) if each.kind == "valueCode" else None
            described = system.displays[other] if other is not None else ""
            yield Told(each.code, each.kind, each.value, described)


def subsumes(scope: Scope, a: CodeOf, b: CodeOf) -> Outcome:
    """Raises Refusal: 404 for a code or system that is not known."""
    if a.system != b.system:
        text = "The two codes are of different code systems"
        raise Refusal(400, TxIssue("error", "invalid", "", "", text, "codingB"))
    system = known_system(scope, a)
    one, other = (system.number(each.code) for each in (a, b))
    for number, each in ((one, a), (other, b)):
        if number is None:
            raise Refusal(404, unknown_code("code", each.code, system))
    return _relation(system, one or 0, other or 0)


def _relation(system: CodeSystem, one: int, other: int) -> Outcome:
    if one == other:
        return "equivalent"
    if system.tree.is_below(other, one):
        return "subsumes"
    return "subsumed-by" if system.tree.is_below(one, other) else "not-subsumed"
