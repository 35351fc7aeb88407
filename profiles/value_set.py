"""The codings of a value set that the packages at hand can enumerate, as terminology reads its rules.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from terminology import coded
from terminology.coded import Coding
from terminology.compile_code_system import UnusableDefinition
from terminology.library import Entry, Library, entry_of
from terminology.texts import Refusal
from terminology.value_set import value_set_of

__all__ = ["Coding", "FoundLibrary", "NotEnumerable", "codings", "concepts"]

Definition = Mapping[str, Any]
Find = Callable[[str], Definition | None]


class NotEnumerable(LookupError):
    """The value set needs a code system that is not at hand in full, or its rules cannot be followed."""


class FoundLibrary(Library):
    """What `find` gives by canonical URLs, kept once it was found."""

    def __init__(self, find: Find) -> None:
        super().__init__()
        self._at_hand = find

    def _find(self, kind: str, url: str, version: str) -> Entry | None:
        definition = self._at_hand(f"{url}|{version}" if version else url)
        if definition is None or definition.get("resourceType") != kind:
            return None
        return entry_of(definition)


def codings(value_set: Definition, library: Library) -> frozenset[Coding]:
    """(system, code) of every member. Raises NotEnumerable."""
    if not value_set.get("compose", {}).get("include"):
        return frozenset()
    try:
        return coded.codings(library, value_set_of(value_set))
    except (Refusal, UnusableDefinition) as error:
        raise NotEnumerable(str(error)) from error


def concepts(concept: list[Definition]) -> Iterator[Definition]:
    """Every concept of a hierarchy, parents before their children."""
    for one in concept:
        yield one
        yield from concepts(one.get("concept", []))
