"""Steps from one object, which is there or not, without a collection on the way.

http://hl7.org/fhirpath/N1/#path-selection
"""

from typing import Any

from profiles.fhirpath.code import Code, Truth, Value
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.node import NONE, Items, Node, member_nodes, primitives, value_nodes
from profiles.fhirpath.types import Member, Type


def step(owner: Value, member: Member) -> Code:
    """To an element of one type."""
    type_ = next(iter(member.types.values()))
    if type_ is not None and type_.is_primitive:
        return _primitives(owner, member, type_) if member.is_list else _primitive(owner, member, type_)
    return _objects(owner, member, type_) if member.is_list else _object(owner, member, type_)


def _object(owner: Value, member: Member, type_: Type | None) -> Code:
    name = member.name

    def item(frame: Frame, this: Any) -> Any:
        found = owner(frame, this)
        return None if found is None else found.get(name)

    def one(frame: Frame, this: Any) -> Items:
        found = item(frame, this)
        return NONE if found is None else [found]

    def exists(frame: Frame, this: Any) -> bool:
        return item(frame, this) is not None

    return Code(one, type_, single=True, path=member.path, exists=exists, item=item)


def _objects(owner: Value, member: Member, type_: Type | None) -> Code:
    name = member.name

    def many(frame: Frame, this: Any) -> Items:
        found = owner(frame, this)
        return NONE if found is None else found.get(name, NONE)

    return Code(many, type_, path=member.path)


def _primitive(owner: Value, member: Member, type_: Type) -> Code:
    name, sibling, convert = member.name, f"_{member.name}", type_.convert

    def one(frame: Frame, this: Any) -> Items:
        found = owner(frame, this)
        if found is None:
            return NONE
        if sibling in found:
            return [Node(found.get(name), type_, found[sibling])]
        value = found.get(name)
        return NONE if value is None else [value]

    def value(frame: Frame, this: Any) -> Any:
        found = owner(frame, this)
        text = None if found is None else found.get(name)
        return text if convert is None or text is None else convert(text)

    exists = _has(owner, name, sibling)
    return Code(one, type_, single=True, path=member.path, exists=exists, value=value)


def _primitives(owner: Value, member: Member, type_: Type) -> Code:
    name, sibling = member.name, f"_{member.name}"

    def many(frame: Frame, this: Any) -> Items:
        found = owner(frame, this)
        if found is None:
            return NONE
        if sibling in found:
            return primitives(found.get(name), type_, found[sibling])
        values: Items = found.get(name, NONE)
        return values

    return Code(many, type_, path=member.path, exists=_has(owner, name, sibling))


def choice(owner: Value, member: Member) -> Code:
    """To an element of several types, whose items know theirs."""
    names = {json: name for name in member.types for json in (name, f"_{name}")}
    nothing = frozenset(names).isdisjoint

    def one(frame: Frame, this: Any) -> Items:
        found = owner(frame, this)
        if found is None or nothing(found):
            return NONE
        present = {names[json] for json in found if json in names}
        if len(present) > 1:
            return member_nodes(found, member)
        name = present.pop()
        return value_nodes(found.get(name), member.types[name], found.get(f"_{name}"))

    def exists(frame: Frame, this: Any) -> bool:
        found = owner(frame, this)
        return found is not None and not nothing(found)

    return Code(one, single=True, path=member.path, exists=exists)


def _has(owner: Value, name: str, sibling: str) -> Truth:
    def exists(frame: Frame, this: Any) -> bool:
        found = owner(frame, this)
        return found is not None and (name in found or sibling in found)

    return exists
