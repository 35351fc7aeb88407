"""One element of a type, as the definitions describe it.

https://hl7.org/fhir/R4/elementdefinition.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

CHOICE = "[x]"


@dataclass(frozen=True, slots=True)
class Binding:
    """`value_set` is the canonical as written, with its version."""

    strength: Literal["required", "extensible", "preferred", "example"]
    value_set: str


@dataclass(frozen=True)
class Element:
    """An element in its parent.

    path       as its definition names it (`Observation.value[x]`)
    name       `value[x]`, or the JSON property's name where a type of the choice was asked for
    types      codes of the types that it may have; of a content reference, those of what it refers to
    targets    by type code (Reference, canonical): the names of the types that may be referred to
    max        None for `*`
    is_list    whether JSON has an array here
    content_reference  path of the element whose children it has, if not its own
    """

    path: str
    name: str
    types: tuple[str, ...]
    min: int = 0
    max: int | None = 1
    is_list: bool = False
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    binding: Binding | None = None
    content_reference: str | None = None
    is_modifier: bool = False
    is_summary: bool = False

    @property
    def is_choice(self) -> bool:
        return self.name.endswith(CHOICE)

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """JSON property name → type code: one of each type, if this is a choice."""
        if not self.is_choice:
            return {self.name: self.types[0]}
        stem = self.name.removesuffix(CHOICE)
        return {stem + code[0].upper() + code[1:]: code for code in self.types}


def named(elements: Sequence[Element]) -> Mapping[str, Element]:
    """Every name under which an element of one parent is asked for → the element."""
    names: dict[str, Element] = {}
    for element in elements:
        names[element.name] = element
        if element.is_choice:
            names[element.name.removesuffix(CHOICE)] = element
            names |= {name: _narrowed(element, name, code) for name, code in element.properties.items()}
    return names


def _narrowed(element: Element, name: str, code: str) -> Element:
    """The choice with one type alone."""
    targets = {code: element.targets[code]} if code in element.targets else {}
    return replace(element, name=name, types=(code,), min=0, targets=targets)
