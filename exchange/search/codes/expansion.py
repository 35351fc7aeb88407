"""The codes of a value set, and the codes above and below another: from definitions that are at hand.

https://hl7.org/fhir/R4/valueset.html#compositions and https://hl7.org/fhir/R4/codesystem.html#subsumes
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from typing import Any

from exchange.search.codes import hierarchy
from exchange.search.codes.hierarchy import Definition, Filter, NotExpandable

Coding = tuple[str, str]
Find = Callable[[str, str], Definition]
"""The ValueSet or CodeSystem of a canonical URL. Raises NotHeld, or NotExpandable if there is none."""

MAX_CODES = 20_000
MAX_DEPTH = 10


class NotHeld(LookupError):
    """The definition has not been looked for yet."""

    def __init__(self, kind: str, url: str) -> None:
        super().__init__(kind, url)
        self.name = (kind, url)


def members(value_set: Definition, find: Find, depth: int = 0) -> frozenset[Coding]:
    """(system, code) of every member: by its rules, or else as it has been expanded before.

    Raises NotExpandable, and what `find` raises.
    """
    if depth > MAX_DEPTH:
        raise NotExpandable("its value sets include each other too deeply")
    try:
        found = _composed(value_set, find, depth)
    except NotExpandable:
        if not _is_whole(value_set):
            raise
        found = frozenset(_contained(value_set["expansion"].get("contains", ())))
    if len(found) > MAX_CODES:
        raise NotExpandable(f"it has more than {MAX_CODES} codes")
    return found


def above(system: str, code: str, find: Find) -> frozenset[Coding]:
    """The codes that subsume this one, itself included."""
    return frozenset((system, each) for each in _hierarchy(system, find).above(code))


def below(system: str, code: str, find: Find) -> frozenset[Coding]:
    """The codes that this one subsumes, itself included."""
    return frozenset((system, each) for each in _hierarchy(system, find).below(code))


def _composed(value_set: Definition, find: Find, depth: int) -> frozenset[Coding]:
    compose = value_set.get("compose", {})
    if not compose.get("include"):
        raise NotExpandable("it has no rules")
    included = [_part(part, find, depth) for part in compose["include"]]
    excluded = [_part(part, find, depth) for part in compose.get("exclude", ())]
    return frozenset().union(*included).difference(*excluded)


def _part(part: Definition, find: Find, depth: int) -> frozenset[Coding]:
    """One include or exclude: what all that it names have in common."""
    sets = [members(find("ValueSet", url), find, depth + 1) for url in part.get("valueSet", ())]
    if "system" in part:
        sets.append(_of_system(part, find))
    return reduce(frozenset[Coding].intersection, sets) if sets else frozenset()


def _of_system(part: Definition, find: Find) -> frozenset[Coding]:
    system = part["system"]
    if "concept" in part:
        return frozenset((system, concept["code"]) for concept in part["concept"])
    known = _hierarchy(f"{system}|{part['version']}" if "version" in part else system, find)
    filters = [Filter(one["property"], one["op"], one["value"]) for one in part.get("filter", ())]
    chosen = [known.chosen(each) for each in filters]
    return frozenset((system, code) for code in frozenset(known.concepts).intersection(*chosen))


def _hierarchy(url: str, find: Find) -> hierarchy.Hierarchy:
    code_system = find("CodeSystem", url)
    if code_system.get("content") != "complete":
        raise NotExpandable(f"the codes of {url} are not all held here")
    return hierarchy.of(code_system)


def _is_whole(value_set: Mapping[str, Any]) -> bool:
    """Whether there is an expansion that is not one page of several."""
    expansion = value_set.get("expansion")
    if expansion is None:
        return False
    return bool(expansion.get("total", 0) <= len(list(_contained(expansion.get("contains", ())))))


def _contained(contains: Iterable[Definition]) -> Iterator[Coding]:
    for one in contains:
        if "code" in one and not one.get("abstract"):
            yield one.get("system", ""), one["code"]
        yield from _contained(one.get("contains", ()))
