"""Steps from elements to the elements below them. http://hl7.org/fhirpath/N1/#path-selection

Where the type is known, a step reads the JSON property itself; where it is not, each item tells its type.
"""

from typing import TYPE_CHECKING, Any, Final

from profiles.fhirpath import inside
from profiles.fhirpath.code import Code, Run, Value
from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.node import NONE, NOTHING, Items, Node, member_nodes, primitives, type_of
from profiles.fhirpath.reflection import TypeInfo, type_info_step
from profiles.fhirpath.syntax import Name, Path, Tree, TypeName
from profiles.fhirpath.types import TYPE_INFO, Member, Type

if TYPE_CHECKING:
    from profiles.fhirpath.compiler import Compiler
    from profiles.fhirpath.invocation import Scope


_NOWHERE: Final = Code(lambda frame, this: NONE, single=True, constant=NONE)


def first_step(compiler: "Compiler", name: str, scope: "Scope", position: int) -> Code:
    """A name at the beginning of a path: an element of `$this`, or the type that `$this` has."""
    type_ = scope.type
    if type_ is None:
        return _dynamic(lambda frame, this: [this], name, single=False)
    if name[0].isupper() and name not in type_.members:
        return _type_step(compiler, name, type_, position)
    member = _member(type_, name, position)
    if member.type is None or type_.is_primitive:
        return _following(_this(type_), member, type_)
    return _from_this(member, member.type)


def next_step(compiler: "Compiler", source: Code, name: str, position: int) -> Code:
    """An element of what stands before the point."""
    if source.type is TYPE_INFO:
        return type_info_step(source, name, position)
    if source is _NOWHERE:
        return source
    if source.type is None and (common := _common(compiler, source)) and name in common.members:
        return _following(source, common.members[name], common)
    if source.constant == NONE or source.type is None:
        return _dynamic(source.run, name, single=False)
    return _following(source, _member(source.type, name, position), source.type)


def _common(compiler: "Compiler", source: Code) -> Type | None:
    """What resources of any type have, right after a step to one."""
    element = compiler.model.definitions.element(source.path) if source.path else None
    return compiler.model.type("Resource") if element and element.types == ("Resource",) else None


def chosen(compiler: "Compiler", tree: Tree, scope: "Scope", name: TypeName) -> Code | None:
    """A choice of which one type alone is asked for: its property; None if that is not all there can be."""
    wanted = compiler.resolve(name)
    match tree:
        case Path(source, Name(element, _), _):
            owners = compiler.code(source, scope)
        case Name(element, _):
            owners = _this(scope.type)
        case _:
            return None
    member = owners.type.members.get(element) if owners.type else None
    if wanted is None or member is None or not member.is_choice or owners.type is None:
        return None
    fitting = [prop for prop, type_ in member.types.items() if type_ and wanted.name in type_.ancestors]
    exact = [prop for prop in fitting if member.types[prop] is wanted]
    if not exact or (len(fitting) > 1 and not wanted.is_primitive):
        return None
    return _following(
        owners, Member(exact[0], member.path, member.is_list, False, {exact[0]: wanted}), owners.type
    )


def _this(type_: Type | None) -> Code:
    """`$this` where it is known to be there."""
    return Code(lambda frame, this: [this], type_, single=True, item=lambda frame, this: this)


def _type_step(compiler: "Compiler", name: str, type_: Type, position: int) -> Code:
    if name in type_.ancestors:
        return Code(lambda frame, this: NONE if this is NOTHING else [this], type_, single=True)
    if compiler.model.type(name) is None:
        raise FhirPathError(
            "semantic", f"{type_.path} has no element {name}, nor is there such a type", position
        )
    compiler.remark(f"{name} is not the type of what the expression is evaluated on", position)
    return _NOWHERE


def _member(type_: Type, name: str, position: int) -> Member:
    member = type_.members.get(name)
    if member is None:
        raise FhirPathError("semantic", f"{type_.path} has no element {name}", position)
    return member


def _from_this(member: Member, type_: Type) -> Code:
    """Of `$this`, an object, an element of one type."""
    name, sibling = member.name, "_" + member.name
    if not type_.is_primitive:
        return _object_from_this(member, type_)
    if member.is_list:

        def many(frame: Frame, this: Any) -> Items:
            if sibling in this:
                return primitives(this.get(name), type_, this[sibling])
            found: Items = this.get(name, NONE)
            return found

        return Code(many, type_, path=member.path, exists=lambda frame, this: name in this or sibling in this)

    def one(frame: Frame, this: Any) -> Items:
        if sibling in this:
            return [Node(this.get(name), type_, this[sibling])]
        value = this.get(name)
        return NONE if value is None else [value]

    return Code(
        one,
        type_,
        single=True,
        path=member.path,
        exists=lambda frame, this: name in this or sibling in this,
        value=_property(name, type_),
    )


def _object_from_this(member: Member, type_: Type) -> Code:
    name = member.name
    if member.is_list:

        def many(frame: Frame, this: Any) -> Items:
            found: Items = this.get(name, NONE)
            return found

        return Code(
            many,
            type_,
            path=member.path,
            exists=lambda frame, this: name in this,
            size=lambda frame, this: len(this.get(name, NONE)),
        )

    def one(frame: Frame, this: Any) -> Items:
        value = this.get(name)
        return NONE if value is None else [value]

    return Code(
        one,
        type_,
        single=True,
        path=member.path,
        exists=lambda frame, this: name in this,
        item=lambda frame, this: this.get(name),
    )


def _property(name: str, type_: Type) -> Value:
    """The System value of one property."""
    convert = type_.convert
    if convert is None:
        return lambda frame, this: this.get(name)

    def value(frame: Frame, this: Any) -> Any:
        found = this.get(name)
        return None if found is None else convert(found)

    return value


def _following(source: Code, member: Member, owner: Type) -> Code:
    """Of all items of a source of a known type."""
    if owner.is_primitive:
        return _of_primitive(source, member)
    if member.is_choice:
        return _of_choice(source, member)
    if source.item is not None:
        return inside.step(source.item, member)
    type_ = next(iter(member.types.values()))
    single = source.single and not member.is_list
    if type_ is not None and type_.is_primitive:
        run = _primitives(source.run, member, type_)
    else:
        run = _objects(source.run, member)
    return Code(run, type_, single=single, is_ordered=source.is_ordered, path=member.path)


def _objects(source: Run, member: Member) -> Run:
    name = member.name
    if member.is_list:

        def many(frame: Frame, this: Any) -> Items:
            owners = source(frame, this)
            if len(owners) == 1:
                found: Items = owners[0].get(name, NONE)
                return found
            frame.steps -= len(owners)
            return [item for owner in owners if name in owner for item in owner[name]]

        return many

    def one(frame: Frame, this: Any) -> Items:
        return [owner[name] for owner in source(frame, this) if name in owner]

    return one


def _primitives(source: Run, member: Member, type_: Type) -> Run:
    name, sibling = member.name, "_" + member.name
    is_list = member.is_list

    def run(frame: Frame, this: Any) -> Items:
        owners = source(frame, this)
        frame.steps -= len(owners)
        found: Items = []
        for owner in owners:
            if sibling in owner:
                if is_list:
                    found.extend(primitives(owner.get(name), type_, owner[sibling]))
                else:
                    found.append(Node(owner.get(name), type_, owner[sibling]))
            elif name in owner:
                if is_list:
                    found.extend(owner[name])
                else:
                    found.append(owner[name])
        return found

    return run


def _of_choice(source: Code, member: Member) -> Code:
    """The items know their types."""
    inner = source.run
    if source.item is not None:
        return inside.choice(source.item, member)
    names = frozenset(member.types) | {"_" + name for name in member.types}
    nothing = names.isdisjoint

    def run(frame: Frame, this: Any) -> Items:
        found: Items = []
        for owner in inner(frame, this):
            if not nothing(owner):
                found.extend(member_nodes(owner, member))
        return found

    def exists(frame: Frame, this: Any) -> bool:
        return not all(nothing(owner) for owner in inner(frame, this))

    return Code(run, single=source.single, is_ordered=source.is_ordered, path=member.path, exists=exists)


def _of_primitive(source: Code, member: Member) -> Code:
    """The id and extensions of a primitive, which it has only where its item is a Node; and its value."""
    inner, name = source.run, member.name
    type_ = next(iter(member.types.values()))
    if name == "value":

        def values(frame: Frame, this: Any) -> Items:
            items = (item.value if type(item) is Node else item for item in inner(frame, this))
            convert = source.type.convert if source.type else None
            return [convert(item) if convert else item for item in items if item is not None]

        return Code(values, single=source.single)
    is_list = member.is_list

    def run(frame: Frame, this: Any) -> Items:
        found: Items = []
        for item in inner(frame, this):
            if type(item) is Node and item.element and name in item.element:
                below = item.element[name]
                found.extend(below) if is_list else found.append(below)
        return found

    return Code(run, type_, single=source.single and not is_list)


def _dynamic(source: Run, name: str, single: bool) -> Code:
    """Of items that each tell their type; those that have no such element are passed over."""

    def run(frame: Frame, this: Any) -> Items:
        items = source(frame, this)
        frame.steps -= 4 * len(items)
        found: Items = []
        for item in items:
            found.extend(_step(frame, item, name))
        return found

    return Code(run, single=single)


def _step(frame: Frame, item: Any, name: str) -> Items:
    if type(item) is TypeInfo:
        value = item.part(name)
        return NONE if value is None else [value]
    type_ = type_of(item, None, frame.model)
    if type_ is None or type_.is_system:
        return NONE
    member = type_.members.get(name)
    if member is None:
        return [item] if name in type_.ancestors and name[0].isupper() else NONE
    if not type_.is_primitive:
        return member_nodes(item.value if type(item) is Node else item, member)
    if name == "value":
        return NONE if item.value is None else [type_.convert(item.value) if type_.convert else item.value]
    return member_nodes(item.element, member) if item.element else NONE
