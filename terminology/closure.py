"""`$closure`: which concepts of a client's table lie below which, as concepts are added to it.

https://hl7.org/fhir/R4/terminology-service.html#closure
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyroaring import BitMap

from terminology.checks import CodeOf, TxIssue
from terminology.code_system import CodeSystem
from terminology.reports import unknown_code
from terminology.scope import Scope
from terminology.texts import Refusal, found


@dataclass(frozen=True, slots=True)
class Edge:
    """That one concept lies below another of the same code system."""

    system: str
    below: str
    above: str


@dataclass(frozen=True, slots=True)
class Added:
    """What is new in the table: codes of one code system, of that version, and what they bring."""

    system: str
    version: str
    codes: tuple[str, ...]
    edges: tuple[Edge, ...]


def numbered(scope: Scope, codings: Iterable[CodeOf]) -> dict[str, tuple[CodeSystem, BitMap]]:
    """The concepts by their code system. Raises Refusal: one is not known."""
    made: dict[str, tuple[CodeSystem, BitMap]] = {}
    for n, coding in enumerate(codings):
        system, numbers = made.get(coding.system) or (_system(scope, coding, n), BitMap())
        number = system.number(coding.code)
        if number is None:
            raise Refusal(422, unknown_code(f"concept[{n}].code", coding.code, system))
        numbers.add(number)
        made[coding.system] = system, numbers
    return made


def _system(scope: Scope, coding: CodeOf, n: int) -> CodeSystem:
    system = scope.code_system(coding.system, coding.version)
    if system is None:
        at = f"concept[{n}].system"
        raise Refusal(
            422, found("error", "not-found", "not-found", "UNKNOWN_CODESYSTEM", at, system=coding.system)
        )
    return system


def added(system: CodeSystem, new: BitMap, there: Iterable[str]) -> Added:
    """`there` are the codes of the system that the table has."""
    known = BitMap(n for code in there if (n := system.number(code)) is not None)
    fresh = new - known
    edges = tuple(_edges(system, fresh, known | fresh))
    return Added(system.url, system.version, tuple(system.codes[n] for n in fresh), edges)


def _edges(system: CodeSystem, fresh: BitMap, all_: BitMap) -> Iterator[Edge]:
    """Each once: upwards from what is new, and up to it from what was there."""
    for number in fresh:
        code = system.codes[number]
        for above in system.tree.above(number) & all_:
            yield Edge(system.url, code, system.codes[above])
        for below in system.tree.below(number) & (all_ - fresh):
            yield Edge(system.url, system.codes[below], code)


def reinitialize(name: str) -> Refusal:
    """The terminology under a table is not what it was."""
    text = f'closure "{name}" must be reinitialized'
    return Refusal(422, TxIssue("error", "conflict", "", "", text, "name"))
