"""The members of a value set as codings, for who asks nothing but which they are: a search, a binding.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Iterator
from typing import Any, Final

from terminology.algebra import Runs, runs_of
from terminology.checks import TxIssue
from terminology.code_system import CodeSystem
from terminology.library import Library
from terminology.options import Options
from terminology.scope import Scope
from terminology.texts import Refusal, found
from terminology.value_set import ValueSet

Coding = tuple[str, str]
"""System and code."""
_OPTIONS: Final = Options(takes_lists=True, versions_match=True)


def codings(library: Library, value_set: ValueSet, most: int = 0) -> frozenset[Coding]:
    """Codes that the value set lists need no code system; one without rules is as it was expanded before.

    Raises Refusal: the rules cannot be followed, a code system is not there in full, more than `most` members
    (if that is not 0).
    """
    if not value_set.included:
        return frozenset(_expanded(value_set))
    runs = runs_of(Scope(library, _OPTIONS), value_set, lambda *_: None)
    for run in runs:
        if run.order is None and not run.system.is_complete:
            raise Refusal(422, _not_whole(run.system.url))
    if most and sum(len(run.numbers) for run in runs) > most:
        named = {"value_set": value_set.canonical, "limit": most}
        raise Refusal(422, found("error", "too-costly", "", "VALUESET_TOO_COSTLY", **named))
    return frozenset(_of_runs(runs))


def _of_runs(runs: Runs) -> Iterator[Coding]:
    for run in runs:
        url, codes = run.system.url, run.system.codes
        yield from ((url, codes[number]) for number in run.numbers)


def _expanded(value_set: ValueSet) -> Iterator[Coding]:
    """Raises Refusal for one page of several, and for none at all."""
    expansion: dict[str, Any] = value_set.resource.get("expansion", {})
    members = list(_contained(expansion.get("contains", ())))
    if not expansion or expansion.get("total", 0) > len(members):
        text = f"The value set {value_set.name} has no rules, and no expansion that is whole"
        raise Refusal(422, TxIssue("error", "not-supported", "", "", text))
    yield from (coding for coding, is_abstract in members if not is_abstract)


def _contained(contains: Any) -> Iterator[tuple[Coding, bool]]:
    for one in contains:
        if "code" in one:
            yield (one.get("system", ""), one["code"]), one.get("abstract", False)
        yield from _contained(one.get("contains", ()))


def above(library: Library, system: str, code: str) -> frozenset[Coding]:
    """The codes that subsume this one, itself included. Raises Refusal."""
    known = _whole(library, system)
    number = known.number(code)
    over = () if number is None else known.tree.above(number)
    return frozenset({(system, code), *((system, known.codes[n]) for n in over)})


def below(library: Library, system: str, code: str, most: int = 0) -> frozenset[Coding]:
    """The codes that this one subsumes, itself included. Raises Refusal, also for more than `most`."""
    known = _whole(library, system)
    number = known.number(code)
    under = () if number is None else known.tree.below(number)
    if most and len(under) > most:
        text = f"There are more than {most} codes below {code[:64]}"
        raise Refusal(422, TxIssue("error", "too-costly", "", "", text))
    return frozenset({(system, code), *((system, known.codes[n]) for n in under)})


def _whole(library: Library, url: str) -> CodeSystem:
    system = Scope(library, _OPTIONS).expandable(url, "")
    if not system.is_complete or not system.is_enumerable:
        raise Refusal(422, _not_whole(url))
    return system


def _not_whole(url: str) -> TxIssue:
    return TxIssue("error", "not-supported", "", "", f"The codes of {url} are not all held here")
