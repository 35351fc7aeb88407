"""All that is below, and types. http://hl7.org/fhirpath/N1/#tree-navigation"""

from collections.abc import Mapping
from typing import Any, Final

from profiles.fhirpath import navigation, operators
from profiles.fhirpath.code import Code, Run, Size
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import Items, type_of
from profiles.fhirpath.node import children as children_of
from profiles.fhirpath.reflection import type_info
from profiles.fhirpath.syntax import Constant
from profiles.fhirpath.types import TYPE_INFO, Type


def children(call: Invocation) -> Code:
    run, type_ = call.source.run, call.source.type

    def below(frame: Frame, this: Any) -> Items:
        found = [child for item in run(frame, this) for child in children_of(item, type_, frame.model)]
        frame.charge(len(found))
        return found

    size = None if type_ is None or type_.is_primitive or type_.is_system else _number_of_children(run, type_)
    return Code(below, is_ordered=False, size=size)


def _number_of_children(run: Run, type_: Type) -> Size:
    """Of objects, counted without making their items."""
    properties = type_.properties

    def size(frame: Frame, this: Any) -> int:
        number = 0
        for owner in run(frame, this):
            for name, value in owner.items():
                if name in properties or (name[1:] in properties and name[1:] not in owner):
                    number += len(value) if type(value) is list else 1
        return number

    return size


def descendants(call: Invocation) -> Code:
    """Those of %resource and the like are kept for the rest of the evaluation."""
    run, type_ = call.source.run, call.source.type

    def below(frame: Frame, this: Any) -> Items:
        model = frame.model
        found: Items = []
        level = [child for item in run(frame, this) for child in children_of(item, type_, model)]
        while level:
            frame.charge(len(level))
            found.extend(level)
            level = [child for item in level for child in children_of(item, None, model)]
        return found

    if not isinstance(call.before, Constant):
        return Code(below, is_ordered=False)
    key = id(below)

    def remembered(frame: Frame, this: Any) -> Items:
        found = frame.memory.get(key)
        if found is None:
            found = frame.memory[key] = below(frame, this)
        return found

    return Code(remembered, is_ordered=False)


def is_(call: Invocation) -> Code:
    return operators.is_type(call.compiler, call.source, call.type_name(0), call.position)


def as_(call: Invocation) -> Code:
    chosen = call.before and navigation.chosen(call.compiler, call.before, call.scope, call.type_name(0))
    return chosen or operators.as_type(call.compiler, call.source, call.type_name(0), call.position)


def of_type(call: Invocation) -> Code:
    chosen = call.before and navigation.chosen(call.compiler, call.before, call.scope, call.type_name(0))
    return chosen or operators.of_type(call.compiler, call.source, call.type_name(0))


def type_(call: Invocation) -> Code:
    run, known = call.source.run, call.source.type

    def infos(frame: Frame, this: Any) -> Items:
        types = [type_of(item, known, frame.model) for item in run(frame, this)]
        return [type_info(found) for found in types if found is not None]

    return Code(infos, TYPE_INFO, single=call.source.single)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "children": Function(children),
    "descendants": Function(descendants),
    "is": Function(is_, 1, 1),
    "as": Function(as_, 1, 1),
    "ofType": Function(of_type, 1, 1),
    "type": Function(type_),
}
