"""The values of one element of an object, with the places where they stand.

https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from profiles.definitions import Definitions
from profiles.element import Element
from profiles.fhirpath.node import Node as Item
from profiles.fhirpath.types import model
from profiles.validator.at import At
from profiles.validator.steps import step


class Member(NamedTuple):
    """`code` is the code of its type; a primitive with extensions is an Item that has both."""

    value: Any
    at: At
    code: str


Gather = Callable[[Mapping[str, Any], At], list[Member]]
_Values = Callable[[Mapping[str, Any], At, list[Member]], None]


def gathering(element: Element, definitions: Definitions) -> tuple[frozenset[str], Gather]:
    """The JSON names that an element has, and its values in an object."""
    reads: list[tuple[str, _Values]] = []
    names: set[str] = set()
    for json, code in element.properties.items():
        is_primitive = code in definitions.primitive_types
        read = (_primitives if is_primitive else _objects)(element, json, code, definitions)
        reads.append((json, read))
        names |= {json, f"_{json}"} if is_primitive else {json}
    if len(reads) == 1:
        only = reads[0][1]

        def one(owner: Mapping[str, Any], at: At) -> list[Member]:
            found: list[Member] = []
            only(owner, at, found)
            return found

        return frozenset(names), one

    by_name = {name: read for json, read in reads for name in (json, f"_{json}")}

    def gather(owner: Mapping[str, Any], at: At) -> list[Member]:
        found: list[Member] = []
        for name in owner:
            read = by_name.get(name)
            if read is not None and (name[0] != "_" or name[1:] not in owner):
                read(owner, at, found)
        return found

    return frozenset(names), gather


def _objects(element: Element, json: str, code: str, definitions: Definitions) -> _Values:
    place = step(element, json, code)

    def one(owner: Mapping[str, Any], at: At, found: list[Member]) -> None:
        value = owner.get(json)
        if value is None:
            return
        if code == "Resource":
            found.append(Member(value, (at, place._replace(home=value["resourceType"]), None), code))
        else:
            found.append(Member(value, (at, place, None), code))

    def many(owner: Mapping[str, Any], at: At, found: list[Member]) -> None:
        for index, value in enumerate(owner.get(json, ())):
            home = place._replace(home=value["resourceType"]) if code == "Resource" else place
            found.append(Member(value, (at, home, index), code))

    return many if element.is_list else one


def _primitives(element: Element, json: str, code: str, definitions: Definitions) -> _Values:
    place = step(element, json, code)
    type_ = model(definitions).type(code)
    beside = f"_{json}"
    assert type_ is not None

    def one(owner: Mapping[str, Any], at: At, found: list[Member]) -> None:
        if beside in owner:
            found.append(Member(Item(owner.get(json), type_, owner[beside]), (at, place, None), code))
        elif json in owner:
            found.append(Member(owner[json], (at, place, None), code))

    def many(owner: Mapping[str, Any], at: At, found: list[Member]) -> None:
        elements = owner.get(beside, ())
        values = owner.get(json) or [None] * len(elements)
        for index, value in enumerate(values):
            element = elements[index] if index < len(elements) else None
            item = value if element is None else Item(value, type_, element)
            found.append(Member(item, (at, place, index), code))

    return many if element.is_list else one
