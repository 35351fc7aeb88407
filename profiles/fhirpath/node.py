"""An element with its type, where the value alone does not tell.

Collections are lists. What their plain items are, the compiler knows: of a FHIR type, JSON values of that
type; of no known type, System values and resources. Every other item is a Node.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from profiles.fhirpath.types import Member, Model, Type, system_type

Items = list[Any]

# Both stand for nothing and are never changed: the empty collection, and `$this` where there is none.
NONE: Final[Items] = []
NOTHING: Final[dict[str, Any]] = {}


@dataclass(slots=True, eq=False)
class Node:
    """`value` is JSON's; None for a primitive without one. `element` is a primitive's id and extensions."""

    value: Any
    type: Type
    element: Mapping[str, Any] | None = None


def boxed(items: Items, type_: Type | None) -> Items:
    """The items so that none needs the type to be known."""
    if type_ is None or type_.is_system:
        return items
    return [item if type(item) is Node else Node(item, type_) for item in items]


def type_of(item: Any, known: Type | None, model: Model) -> Type | None:
    """The type of an item of a collection whose type is `known`; None for a resource of no known type."""
    if type(item) is Node:
        return item.type
    if known is not None:
        return known
    return model.resource(item) if isinstance(item, dict) else system_type(item)


def system(item: Any) -> Any:
    """The System value of an item of no known type; None for a primitive without value. Others remain."""
    if type(item) is not Node:
        return item
    convert = item.type.convert
    if item.type.is_primitive:
        return item.value if convert is None or item.value is None else convert(item.value)
    return item.value if convert is None else convert(item.value)


def systems(items: Items, type_: Type | None) -> Items:
    """The System values of a collection; primitives without value are left out."""
    if type_ is None:
        values = [system(item) for item in items]
        return values if None not in values else [value for value in values if value is not None]
    if type_.is_system:
        return items
    convert = type_.convert
    if not type_.is_primitive:
        return items if convert is None else [convert(item) for item in items]
    plain = [item.value if type(item) is Node else item for item in items]
    return [convert(value) if convert else value for value in plain if value is not None]


def member_nodes(owner: Mapping[str, Any], member: Member) -> Items:
    """The items of an element, of no known type."""
    found: Items = []
    for name, type_ in member.types.items():
        if name in owner or "_" + name in owner:
            found.extend(value_nodes(owner.get(name), type_, owner.get("_" + name)))
    return found


def child_nodes(value: Mapping[str, Any], type_: Type) -> Iterator[Any]:
    """The items of all elements, of no known type."""
    properties = type_.properties
    for name, child in value.items():
        if name in properties:
            yield from value_nodes(child, properties[name][0], value.get("_" + name))
        elif name[0] == "_" and name[1:] in properties and name[1:] not in value:
            yield from value_nodes(None, properties[name[1:]][0], child)


def children(item: Any, known: Type | None, model: Model) -> Iterable[Any]:
    """The items below an item, of no known type."""
    type_ = type_of(item, known, model)
    value = item.value if type(item) is Node else item
    if type_ is None or type_.is_system:
        return NONE
    if type_.is_primitive:
        element = item.element if type(item) is Node else None
        return child_nodes(element, type_) if element else NONE
    return child_nodes(value, type_)


def value_nodes(value: Any, type_: Type | None, element: Any) -> Items:
    if type_ is None:
        return value if type(value) is list else [value]
    if not type_.is_primitive:
        return [Node(one, type_) for one in value] if type(value) is list else [Node(value, type_)]
    if type(value) is list or type(element) is list:
        return primitives(value, type_, element)
    return [Node(value, type_, element)]


def primitives(value: Any, type_: Type, elements: Any) -> Items:
    """Nodes of an array of primitives and the array of their ids and extensions; either may be None."""
    return [Node(one, type_, sibling) for one, sibling in zip_longest(value or NONE, elements or NONE)]
