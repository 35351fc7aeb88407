"""Functions that evaluate an expression for each item. http://hl7.org/fhirpath/N1/#filtering-and-projection"""

from collections.abc import Callable, Iterator, Mapping
from functools import cmp_to_key
from typing import Any, Final

from profiles.fhirpath.code import Code, Run, Truth, truth_of, value_of
from profiles.fhirpath.equality import compare, keys, weight
from profiles.fhirpath.error import FhirPathError, failure
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import NONE, NOTHING, Items, boxed
from profiles.fhirpath.operators import unified
from profiles.fhirpath.syntax import Tree, Unary
from profiles.fhirpath.types import Type

Each = Callable[[Frame, Items], Iterator[tuple[Any, Any]]]


def each(call: Invocation, at: int) -> Each:
    """Items, each with what the criterion says of it."""
    truth, steps = call.criterion(at), call.steps(at)
    return _indexed(truth, steps) if call.counts(at) else _plain(truth, steps)


def where(call: Invocation) -> Code:
    run, truth, steps = call.source.run, call.criterion(0), call.steps(0)
    if call.counts(0):
        holds = _indexed(truth, steps)

        def counted(frame: Frame, this: Any) -> Items:
            return [item for item, found in holds(frame, run(frame, this)) if found]

        return _like(call.source, counted)

    def filtered(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        if not items:
            return items
        frame.steps -= steps * len(items)
        if frame.steps < 0:
            frame.charge(0)
        return [item for item in items if truth(frame, item)]

    return _like(call.source, filtered)._replace(exists=decided(run, truth, steps, by=True))


def decided(run: Run, truth: Truth, steps: int, by: bool) -> Truth:
    """Whether the criterion holds for any item (by True), or for every item (by False)."""

    def decide(frame: Frame, this: Any) -> bool:
        for item in run(frame, this):
            frame.steps -= steps
            if frame.steps < 0:
                frame.charge(0)
            if bool(truth(frame, item)) is by:
                return by
        return not by

    return decide


def select(call: Invocation) -> Code:
    run = call.source.run
    body = call.body(0, call.source.type)
    projections = _projecting(body.run, call)

    def projected(frame: Frame, this: Any) -> Items:
        found: Items = []
        for _, items in projections(frame, run(frame, this)):
            frame.steps -= len(items)
            found.extend(items)
        return found

    single = call.source.single and body.single
    made = projected if call.counts(0) else _projected(run, body.run, call.steps(0))
    return Code(made, body.type, single=single, is_ordered=call.source.is_ordered and body.is_ordered)


def _projected(run: Run, projection: Run, steps: int) -> Run:
    def projected(frame: Frame, this: Any) -> Items:
        found: Items = []
        for item in run(frame, this):
            items = projection(frame, item)
            frame.steps -= steps + len(items)
            if frame.steps < 0:
                frame.charge(0)
            found += items
        return found

    return projected


def repeat(call: Invocation) -> Code:
    """The projection of the items, of what it gives, and so on; an item that came before is left out."""
    first = call.body(0, call.source.type)
    again = call.body(0, first.type)
    if again.type is not first.type:
        first, again = Code(_boxing(first)), call.body(0, None)
    begin, proceed = _projecting(first.run, call), _projecting(again.run, call)
    run, type_ = call.source.run, first.type

    def repeated(frame: Frame, this: Any) -> Items:
        found: Items = []
        known: set[Any] = set()
        level = [item for _, items in begin(frame, run(frame, this)) for item in items]
        while level:
            frame.charge(weight(level) + 8)
            new = []
            for key, item in zip(keys(level, type_), level, strict=True):
                if key not in known:
                    known.add(key)
                    new.append(item)
            found.extend(new)
            level = [item for _, items in proceed(frame, new) for item in items]
        return found

    return Code(repeated, type_)


def aggregate(call: Invocation) -> Code:
    """`$total` is what the last evaluation gave."""
    run, type_ = call.source.run, call.source.type
    body = call.body(0, type_)
    start = call.argument(1) if call.count > 1 else None
    step = _boxing(body)
    steps = call.steps(0)

    def aggregated(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        begin = boxed(start.run(frame, this), start.type) if start else NONE
        index, total = frame.index, frame.total
        frame.total = begin
        try:
            for frame.index, item in enumerate(items):
                frame.charge(steps + len(frame.total))
                frame.total = step(frame, item)
            return frame.total
        finally:
            frame.index, frame.total = index, total

    return Code(aggregated)


def sort(call: Invocation) -> Code:
    """By values of each item, or by the items; a minus before an expression reverses its order.

    What has no value comes first in either order. (Trial use: it is not in N1.)
    """
    run, type_ = call.source.run, call.source.type
    orders = [_order(call, tree, type_) for tree in call.call.arguments]
    if not orders:
        value = value_of(Code(lambda frame, this: [this], type_, single=True), call.position)
        orders = [(value, 1)]

    def ordered(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        frame.charge(len(items) * len(orders) * 4)
        rows = [([value(frame, item) for value, _ in orders], item) for item in items]

        def before(one: tuple[list[Any], Any], other: tuple[list[Any], Any]) -> int:
            for left, right, (_, sign) in zip(one[0], other[0], orders, strict=True):
                if left is None or right is None:
                    order = (left is not None) - (right is not None)
                else:
                    order = sign * (compare(left, right) or 0)
                if order:
                    return order
            return 0

        try:
            return [item for _, item in sorted(rows, key=cmp_to_key(before))]
        except FhirPathError as error:
            raise error.at(call.position) from None

    return Code(ordered, type_)


def iif(call: Invocation) -> Code:
    """One of the branches; with something before the point, that is `$this` in all arguments."""
    if not call.explicit:
        return _choosing([call.argument(at) for at in range(call.count)], call)
    source = call.source
    run = source.run
    codes = [call.body(at, source.type) for at in range(call.count)]
    inner = _choosing(codes, call)

    def chosen(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        if len(items) > 1:
            raise failure("iif() is for one item", call.position)
        return inner.run(frame, items[0] if items else NOTHING)

    return Code(chosen, inner.type, single=inner.single)


def _choosing(codes: list[Code], call: Invocation) -> Code:
    criterion = codes[0]
    at = call.call.arguments[0].position
    if criterion.constant and type(criterion.constant[0]) is not bool:
        raise FhirPathError("semantic", "The criterion of iif() is a Boolean", at)
    truth = truth_of(criterion, at)
    (then, *rest), type_ = unified(codes[1:])
    otherwise = rest[0] if rest else None

    def chosen(frame: Frame, this: Any) -> Items:
        if truth(frame, this):
            return then(frame, this)
        return otherwise(frame, this) if otherwise else NONE

    return Code(chosen, type_, single=all(code.single for code in codes[1:]))


def _plain(truth: Callable[[Frame, Any], Any], steps: int) -> Each:
    def items_with(frame: Frame, items: Items) -> Iterator[tuple[Any, Any]]:
        for item in items:
            frame.charge(steps)
            yield item, truth(frame, item)

    return items_with


def _indexed(truth: Callable[[Frame, Any], Any], steps: int) -> Each:
    """`$index` is the item's place."""

    def items_with(frame: Frame, items: Items) -> Iterator[tuple[Any, Any]]:
        for index, item in enumerate(items):
            frame.charge(steps)
            outer, frame.index = frame.index, index
            found = truth(frame, item)
            frame.index = outer
            yield item, found

    return items_with


def _projecting(projection: Run, call: Invocation) -> Each:
    return (_indexed if call.counts(0) else _plain)(projection, call.steps(0))


def _like(source: Code, run: Run) -> Code:
    """A part of the source."""
    return Code(run, source.type, single=source.single, is_ordered=source.is_ordered)


def _boxing(code: Code) -> Run:
    run, type_ = code.run, code.type
    return lambda frame, this: boxed(run(frame, this), type_)


def _order(call: Invocation, tree: Tree, type_: Type | None) -> tuple[Callable[[Frame, Any], Any], int]:
    sign = 1
    if isinstance(tree, Unary) and tree.sign == "-":
        sign, tree = -1, tree.operand
    body = call.compiler.body(tree, type(call.scope)(type_))
    return value_of(body, tree.position), sign


FUNCTIONS: Final[Mapping[str, Function]] = {
    "where": Function(where, 1, 1),
    "select": Function(select, 1, 1),
    "repeat": Function(repeat, 1, 1),
    "aggregate": Function(aggregate, 1, 2),
    "sort": Function(sort, 0, 8),
    "iif": Function(iif, 2, 3),
}
