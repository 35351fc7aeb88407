"""The concepts that a filter of a value set chooses, as bitmaps over a code system's numbers.

https://hl7.org/fhir/R4/valueset-filter-operator.html
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2
from pyroaring import BitMap, FrozenBitMap

from terminology.code_system import CodeSystem
from terminology.naming import SNOMED_CT

MAX_PATTERN: Final = 4_096
MAX_PROGRAM_BYTES: Final = 1 << 22
_OWN: Final = frozenset(("concept", "code", "display", "definition", "parent", "child", "designation"))
_STANDARD: Final = frozenset(("inactive", "status", "notSelectable", "deprecated", "abstract"))

Bits = BitMap | FrozenBitMap


@dataclass(frozen=True, slots=True)
class Filter:
    property: str
    op: str
    value: str


class UnknownFilter(LookupError):
    """The code system has no such property, or the operator has no meaning for it."""


class BadPattern(ValueError):
    """This is no regular expression of RE2, or too large a one."""


def selected(system: CodeSystem, given: Filter) -> Bits:
    """Raises UnknownFilter and BadPattern."""
    if given.op in _HIERARCHICAL:
        if given.property not in ("concept", "code"):
            raise UnknownFilter(given.property)
        number = system.number(given.value)
        return _HIERARCHICAL[given.op](system, number) if number is not None else _without(system, given.op)
    values = _values(system, given.property)
    if given.op not in _BY_VALUE:
        raise UnknownFilter(given.op)
    return _BY_VALUE[given.op](system, values, given.value)


def _without(system: CodeSystem, op: str) -> Bits:
    """Where the concept does not exist: nothing is below it, and everything is not."""
    return system.all if op == "is-not-a" else BitMap()


def _below_or_self(system: CodeSystem, number: int) -> Bits:
    return system.tree.below(number) | FrozenBitMap((number,))


_HIERARCHICAL: Final[Mapping[str, Callable[[CodeSystem, int], Bits]]] = {
    "is-a": _below_or_self,
    "descendent-of": lambda system, number: system.tree.below(number),
    "is-not-a": lambda system, number: system.all - _below_or_self(system, number),
    "generalizes": lambda system, number: system.tree.above(number) | FrozenBitMap((number,)),
    "child-of": lambda system, number: BitMap(list(system.tree.children(number))),
    "descendent-leaf": lambda system, number: system.tree.below(number) & system.tree.leaves,
}

Values = Mapping[str, BitMap] | None
"""The concepts by value; None stands for the codes themselves."""


def _equal(system: CodeSystem, values: Values, text: str) -> Bits:
    if values is None:
        number = system.number(text)
        return BitMap() if number is None else BitMap((number,))
    return values.get(text, BitMap())


def _in(system: CodeSystem, values: Values, text: str) -> Bits:
    """One of several values; of SNOMED CT's concepts, those in a reference set."""
    if values is None and system.url == SNOMED_CT and text.strip() in system.memberships:
        return system.memberships[text.strip()]
    found = BitMap()
    for each in text.split(","):
        found |= _equal(system, values, each.strip())
    return found


def _not_in(system: CodeSystem, values: Values, text: str) -> Bits:
    return system.all - _in(system, values, text)


def _exists(system: CodeSystem, values: Values, text: str) -> Bits:
    having = system.all if values is None else _any(values.values())
    return having if text == "true" else system.all - having


def _regex(system: CodeSystem, values: Values, text: str) -> Bits:
    pattern = _pattern(text)
    if values is None:
        return BitMap(number for number, code in enumerate(system.codes) if pattern.fullmatch(code))
    return _any(numbers for value, numbers in values.items() if pattern.fullmatch(value))


_BY_VALUE: Final[Mapping[str, Callable[[CodeSystem, Values, str], Bits]]] = {
    "=": _equal,
    "in": _in,
    "not-in": _not_in,
    "exists": _exists,
    "regex": _regex,
}


def _any(bitmaps: Iterable[BitMap]) -> BitMap:
    return BitMap.union(*found) if (found := list(bitmaps)) else BitMap()


def _values(system: CodeSystem, code: str) -> Values:
    if code in ("concept", "code"):
        return None
    if code == "parent":
        return _related(system, system.tree.children)
    if code == "child":
        return _related(system, system.tree.parents)
    if code in ("display", "definition"):
        texts = (
            system.displays
            if code == "display"
            else [entry.get("definition", "") for entry in system.entries]
        )
        return _by_text(texts)
    known = code in system.used_properties or code in system.header.properties or code in _STANDARD
    if not known and not any(code in each.properties for each in system.supplements):
        raise UnknownFilter(code)
    return system.index(code)


def _by_text(texts: Iterable[str]) -> Mapping[str, BitMap]:
    gathered: dict[str, BitMap] = {}
    for number, text in enumerate(texts):
        if text:
            gathered.setdefault(text, BitMap()).add(number)
    return gathered


def _related(system: CodeSystem, beside: Callable[[int], Any]) -> Mapping[str, BitMap]:
    return {
        code: BitMap(list(beside(number))) for number, code in enumerate(system.codes) if len(beside(number))
    }


@lru_cache(256)
def _pattern(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PROGRAM_BYTES
    try:
        return re2.compile(text[: MAX_PATTERN + 1], options) if len(text) <= MAX_PATTERN else _refuse(text)
    except re2.error as error:
        raise BadPattern(text[:64]) from error


def _refuse(text: str) -> Any:
    raise BadPattern(text[:64])
