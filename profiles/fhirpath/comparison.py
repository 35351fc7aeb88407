"""Operators that compare. http://hl7.org/fhirpath/N1/#equality and http://hl7.org/fhirpath/N1/#comparison"""

import operator as order_of
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from profiles.fhirpath import equality
from profiles.fhirpath.code import Code, Value, of_truth, value_of
from profiles.fhirpath.error import FhirPathError
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.node import systems
from profiles.fhirpath.types import BOOLEAN

ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": order_of.lt,
    ">": order_of.gt,
    "<=": order_of.le,
    ">=": order_of.ge,
}
_PLAIN: Final = frozenset((int, str, Decimal))


def _is_value(code: Code) -> bool:
    """Whether it is one System value, or what is converted to one."""
    return code.single and (code.value is not None or (code.type is not None and code.type.has_value))


def equal(left: Code, right: Code, position: int) -> Code:
    if not (_is_value(left) and _is_value(right)):
        return _equal_items(left, right)
    one, other = value_of(left, position), value_of(right, position)
    if right.constant and type(right.constant[0]) is str:
        return of_truth(_is_text(one, right.constant[0]), BOOLEAN)

    def truth(frame: Frame, this: Any) -> bool | None:
        first = one(frame, this)
        if first is None:
            return None
        second = other(frame, this)
        return None if second is None else equality.equal(first, second)

    return of_truth(truth, BOOLEAN)


def _is_text(value: Value, text: str) -> Callable[[Frame, Any], bool | None]:
    def truth(frame: Frame, this: Any) -> bool | None:
        found = value(frame, this)
        return None if found is None else found == text if type(found) is str else False

    return truth


def _equal_items(left: Code, right: Code) -> Code:
    lefts, rights, type_, other = left.run, right.run, left.type, right.type

    def truth(frame: Frame, this: Any) -> bool | None:
        one, two = lefts(frame, this), rights(frame, this)
        frame.charge(equality.weight(one) + 1)
        return equality.equal_collections(systems(one, type_), systems(two, other))

    return of_truth(truth, BOOLEAN)


def equivalent(left: Code, right: Code) -> Code:
    lefts, rights, type_, other = left.run, right.run, left.type, right.type

    def truth(frame: Frame, this: Any) -> bool:
        one, two = lefts(frame, this), rights(frame, this)
        pairs = len(one) ** 2 // 4 if len(one) <= equality.MAX_PAIRWISE else 0
        frame.charge(equality.weight(one) + pairs + 1)
        return equality.equivalent_collections(systems(one, type_), systems(two, other))

    return of_truth(truth, BOOLEAN)


def ordered(holds: Callable[[Any, Any], bool], left: Code, right: Code, position: int) -> Code:
    one, other = value_of(left, position), value_of(right, position)

    def truth(frame: Frame, this: Any) -> bool | None:
        first = one(frame, this)
        if first is None:
            return None
        second = other(frame, this)
        if second is None:
            return None
        if type(first) is type(second) and type(first) in _PLAIN:
            return holds(first, second)
        order = located(equality.compare, first, second, position)
        return None if order is None else holds(order, 0)

    return of_truth(truth, BOOLEAN)


def member(item: Code, items: Code, position: int) -> Code:
    value, run, type_ = value_of(item, position), items.run, items.type
    fixed = frozenset(equality.keys(items.constant, type_)) if items.constant is not None else None

    def truth(frame: Frame, this: Any) -> bool | None:
        found = value(frame, this)
        if found is None:
            return None
        if fixed is not None:
            return equality.key(found) in fixed
        frame.charge(equality.weight([found]))
        several = run(frame, this)
        frame.charge(equality.weight(several))
        return equality.key(found) in equality.keys(several, type_)

    return of_truth(truth, BOOLEAN)


def located(compute: Callable[[Any, Any], Any], left: Any, right: Any, position: int) -> Any:
    """An error of the computation with its place."""
    try:
        return compute(left, right)
    except FhirPathError as error:
        raise error.at(position) from None
