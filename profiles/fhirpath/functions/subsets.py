"""Parts of collections, and collections put together. http://hl7.org/fhirpath/N1/#subsetting"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.fhirpath.code import Code
from profiles.fhirpath.equality import keys, unique, weight
from profiles.fhirpath.error import failure
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import NONE, Items
from profiles.fhirpath.operators import unified, union


def _part(part: Callable[[Items], Items], single: bool) -> Callable[[Invocation], Code]:
    def compile_(call: Invocation) -> Code:
        call.check_order()
        run = call.source.run
        return Code(
            lambda frame, this: part(run(frame, this)), call.source.type, single=single or call.source.single
        )

    return compile_


def single(call: Invocation) -> Code:
    run = call.source.run

    def one(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        if len(items) > 1:
            raise failure(f"There are {len(items)} items, not a single one", call.position)
        return items

    return Code(one, call.source.type, single=True)


def _counted(part: Callable[[Items, int], Items]) -> Callable[[Invocation], Code]:
    """A part by a number of items."""

    def compile_(call: Invocation) -> Code:
        call.check_order()
        run, number = call.source.run, call.argument_value(0)

        def parted(frame: Frame, this: Any) -> Items:
            found = number(frame, this)
            if found is None:
                return NONE
            if type(found) is not int:
                raise failure(f"{call.call.name}() takes an integer", call.position)
            return part(run(frame, this), max(found, 0))

        return Code(parted, call.source.type, single=call.source.single)

    return compile_


def distinct(call: Invocation) -> Code:
    run, type_ = call.source.run, call.source.type

    def once(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        frame.charge(weight(items))
        return unique(items, type_)

    return Code(once, type_, single=call.source.single, is_ordered=call.source.is_ordered)


def intersect(call: Invocation) -> Code:
    return _compared(call, lambda item, others: item in others, unique)


def exclude(call: Invocation) -> Code:
    return _compared(call, lambda item, others: item not in others, lambda items, type_: items)


def combine(call: Invocation) -> Code:
    runs, type_ = unified([call.source, call.argument(0)])

    def combined(frame: Frame, this: Any) -> Items:
        found = [item for run in runs for item in run(frame, this)]
        frame.charge(len(found))
        return found

    return Code(combined, type_)


def coalesce(call: Invocation) -> Code:
    """The first argument that is not empty."""
    runs, type_ = unified([call.argument(at) for at in range(call.count)])

    def first(frame: Frame, this: Any) -> Items:
        for run in runs:
            found = run(frame, this)
            if found:
                return found
        return NONE

    return Code(first, type_)


def _compared(
    call: Invocation, keeps: Callable[[Any, set[Any]], bool], finish: Callable[[Items, Any], Items]
) -> Code:
    """The items whose keys are kept, seeing those of the argument."""
    run, type_, other = call.source.run, call.source.type, call.argument(0)

    def kept(frame: Frame, this: Any) -> Items:
        items, others = run(frame, this), other.run(frame, this)
        if not items:
            return NONE
        frame.charge(weight(items) + weight(others))
        known = set(keys(others, other.type))
        pairs = zip(keys(items, type_), items, strict=True)
        return finish([item for key, item in pairs if keeps(key, known)], type_)

    return Code(kept, type_, single=call.source.single, is_ordered=call.source.is_ordered)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "first": Function(_part(lambda items: items[:1], single=True)),
    "last": Function(_part(lambda items: items[-1:], single=True)),
    "tail": Function(_part(lambda items: items[1:], single=False)),
    "single": Function(single),
    "skip": Function(_counted(lambda items, number: items[number:]), 1, 1),
    "take": Function(_counted(lambda items, number: items[:number]), 1, 1),
    "distinct": Function(distinct),
    "intersect": Function(intersect, 1, 1),
    "exclude": Function(exclude, 1, 1),
    "union": Function(lambda call: union([call.source, call.argument(0)]), 1, 1),
    "combine": Function(combine, 1, 1),
    "coalesce": Function(coalesce, 1, 8),
}
