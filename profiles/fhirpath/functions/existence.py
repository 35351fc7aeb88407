"""Whether there is any, whether all are so. http://hl7.org/fhirpath/N1/#existence"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from profiles.fhirpath import logic
from profiles.fhirpath.code import Code, exists_of, of_truth, of_value, size_of
from profiles.fhirpath.equality import keys, weight
from profiles.fhirpath.error import failure
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.functions.iteration import decided, each
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import systems
from profiles.fhirpath.types import BOOLEAN, INTEGER


def empty(call: Invocation) -> Code:
    exists = exists_of(call.source)
    return of_truth(lambda frame, this: not exists(frame, this), BOOLEAN)


def exists(call: Invocation) -> Code:
    if not call.count:
        return of_truth(exists_of(call.source), BOOLEAN)
    run, holds = call.source.run, each(call, 0)
    if not call.counts(0):
        return of_truth(decided(run, call.criterion(0), call.steps(0), by=True), BOOLEAN)

    def truth(frame: Frame, this: Any) -> bool:
        return any(found for _, found in holds(frame, run(frame, this)))

    return of_truth(truth, BOOLEAN)


def all_(call: Invocation) -> Code:
    run, holds = call.source.run, each(call, 0)
    if not call.counts(0):
        return of_truth(decided(run, call.criterion(0), call.steps(0), by=False), BOOLEAN)

    def truth(frame: Frame, this: Any) -> bool:
        return all(found for _, found in holds(frame, run(frame, this)))

    return of_truth(truth, BOOLEAN)


def not_(call: Invocation) -> Code:
    return logic.negation(call.source, call.position)


def count(call: Invocation) -> Code:
    return of_value(size_of(call.source), INTEGER)


def _of_booleans(answer: Callable[[list[Any]], bool]) -> Callable[[Invocation], Code]:
    def compile_(call: Invocation) -> Code:
        run, type_ = call.source.run, call.source.type

        def truth(frame: Frame, this: Any) -> bool:
            values = systems(run(frame, this), type_)
            if any(type(value) is not bool for value in values):
                raise failure(f"{call.call.name}() is for Booleans", call.position)
            return answer(values)

        return of_truth(truth, BOOLEAN)

    return compile_


def _of_sets(answer: Callable[[set[Any], set[Any]], bool]) -> Callable[[Invocation], Code]:
    """`answer` compares the keys of the items with those of the argument."""

    def compile_(call: Invocation) -> Code:
        run, type_, other = call.source.run, call.source.type, call.argument(0)

        def truth(frame: Frame, this: Any) -> bool:
            lefts, rights = run(frame, this), other.run(frame, this)
            frame.charge(weight(lefts) + weight(rights))
            return answer(set(keys(lefts, type_)), set(keys(rights, other.type)))

        return of_truth(truth, BOOLEAN)

    return compile_


def is_distinct(call: Invocation) -> Code:
    run, type_ = call.source.run, call.source.type

    def truth(frame: Frame, this: Any) -> bool:
        items = run(frame, this)
        frame.charge(weight(items))
        return len(items) < 2 or len(set(keys(items, type_))) == len(items)

    return of_truth(truth, BOOLEAN)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "empty": Function(empty),
    "exists": Function(exists, 0, 1),
    "all": Function(all_, 1, 1),
    "not": Function(not_),
    "count": Function(count),
    "allTrue": Function(_of_booleans(all)),
    "anyTrue": Function(_of_booleans(any)),
    "allFalse": Function(_of_booleans(lambda values: not any(values))),
    "anyFalse": Function(_of_booleans(lambda values: not all(values))),
    "subsetOf": Function(_of_sets(lambda one, other: one <= other), 1, 1),
    "supersetOf": Function(_of_sets(lambda one, other: one >= other), 1, 1),
    "isDistinct": Function(is_distinct),
}
