"""Displays that a bound value set has for its codes, beside those of the code system.

https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.contains.designation
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from profiles.validator.run import Owed

Find = Callable[[str], Mapping[str, Any] | None]
Definition = Mapping[str, Any]


def displayed_so(owed: Sequence[Owed], find: Find) -> set[int]:
    """The Codings, by identity, whose display is one that a value set which binds them gives their code."""
    found: set[int] = set()
    sets: dict[tuple[str, str], set[tuple[Any, Any, Any]]] = {}
    for one in owed:
        value, canonical = one.check.value, one.check.value_set
        if not canonical or isinstance(value, str):
            continue
        if (one.profile, canonical) not in sets:
            value_set = _value_set(one.profile, canonical, find)
            sets[one.profile, canonical] = set(_displays(value_set)) if value_set else set()
        for coding in value.get("coding", (value,)):
            key = (coding.get("system"), coding.get("code"), coding.get("display"))
            if key in sets[one.profile, canonical]:
                found.add(id(coding))
    return found


def _value_set(profile: str, canonical: str, find: Find) -> Definition | None:
    """A fragment is contained in the profile."""
    if not canonical.startswith("#"):
        return find(canonical)
    for contained in (find(profile) or {}).get("contained", ()):
        if contained.get("id") == canonical[1:]:
            return contained  # type: ignore[no-any-return]
    return None


def _displays(value_set: Definition) -> Iterator[tuple[Any, Any, Any]]:
    for part in value_set.get("compose", {}).get("include", ()):
        for concept in part.get("concept", ()):
            yield from _of(part.get("system"), concept)
    waiting = list(value_set.get("expansion", {}).get("contains", ()))
    while waiting:
        one = waiting.pop()
        yield from _of(one.get("system"), one)
        waiting += one.get("contains", ())


def _of(system: Any, concept: Definition) -> Iterator[tuple[Any, Any, Any]]:
    yield system, concept.get("code"), concept.get("display")
    for designation in concept.get("designation", ()):
        yield system, concept.get("code"), designation.get("value")
