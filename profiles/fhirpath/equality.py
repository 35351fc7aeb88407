"""When values are equal, equivalent, in order, or the same member of a set.

http://hl7.org/fhirpath/N1/#equality. Values are System values; a complex element is its JSON object.
"""

from collections import Counter
from decimal import Decimal
from typing import Any, Final

from profiles.fhirpath import quantity, temporal
from profiles.fhirpath.error import failure
from profiles.fhirpath.node import Items, Node, boxed, system
from profiles.fhirpath.number import equivalent as equivalent_numbers
from profiles.fhirpath.quantity import Quantity
from profiles.fhirpath.temporal import Temporal
from profiles.fhirpath.types import Type, system_type

_NUMBERS: Final = (int, Decimal)


def equal(left: Any, right: Any) -> bool | None:
    """None if the precision of dates, or the units of quantities, leave it open."""
    one, other = type(left), type(right)
    if one is other and one is not Temporal and one is not Quantity:
        return bool(left == right)
    if one is bool or other is bool:
        return False
    if one is Temporal and other is Temporal:
        if (left.kind == "Time") is not (right.kind == "Time"):
            return False
        order = temporal.compare(left, right)
        return None if order is None else order == 0
    if one is Quantity or other is Quantity:
        return _equal_quantities(_as_quantity(left), _as_quantity(right))
    return bool(left == right)


def equal_collections(lefts: list[Any], rights: list[Any]) -> bool | None:
    """Item by item, in order; None if either is empty."""
    if not lefts or not rights:
        return None
    if len(lefts) != len(rights):
        return False
    answers = [equal(left, right) for left, right in zip(lefts, rights, strict=True)]
    return False if False in answers else None if None in answers else True


def equivalent(left: Any, right: Any) -> bool:
    one, other = type(left), type(right)
    if one is str and other is str:
        return _folded(left) == _folded(right)
    if one is bool or other is bool:
        return left is right
    if one in _NUMBERS and other in _NUMBERS:
        return equivalent_numbers(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return _equivalent_objects(left, right)
    if one is list and other is list:
        return equivalent_collections(left, right)
    if one is Quantity or other is Quantity:
        lefts, rights = _as_quantity(left), _as_quantity(right)
        return lefts is not None and rights is not None and quantity.equivalent(lefts, rights)
    return equal(left, right) is True


def equivalent_collections(lefts: list[Any], rights: list[Any]) -> bool:
    """Item by item, in any order."""
    if len(lefts) != len(rights):
        return False
    if len(lefts) == 1:
        return equivalent(lefts[0], rights[0])
    if Counter(map(key, lefts)) == Counter(map(key, rights)):
        return True
    if len(lefts) > MAX_PAIRWISE:
        raise failure(f"More than {MAX_PAIRWISE} items are compared for equivalence")
    rest = list(rights)
    for left in lefts:
        found = next((at for at, right in enumerate(rest) if equivalent(left, right)), None)
        if found is None:
            return False
        del rest[found]
    return True


MAX_PAIRWISE: Final = 1000


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; None if it is open. Raises FhirPathError: values of different types, or without order."""
    one, other = type(left), type(right)
    if (one is str and other is str) or (one in _NUMBERS and other in _NUMBERS):
        return int(left > right) - int(left < right)
    if one is Temporal and other is Temporal and (left.kind == "Time") is (right.kind == "Time"):
        return temporal.compare(left, right)
    if one is Quantity or other is Quantity:
        lefts, rights = _as_quantity(left), _as_quantity(right)
        if lefts is not None and rights is not None:
            return quantity.compare(lefts, rights)
    raise failure(f"A {named(left)} and a {named(right)} have no order")


def key(value: Any) -> Any:
    """Hashable, and the same for values that are equal."""
    kind = type(value)
    if kind is str or kind is int or kind is Decimal:
        return value
    if kind is bool:
        return "Boolean", value
    if kind is Temporal:
        return temporal.utc_key(value)
    if kind is Quantity:
        return quantity.key(value)
    if isinstance(value, dict):
        return frozenset((name, key(child)) for name, child in value.items())
    return tuple(key(child) for child in value) if kind is list else value


def keys(items: Items, type_: Type | None) -> list[Any]:
    """The key of each item; a primitive without value is known by its extensions."""
    if type_ is not None and (type_.is_system or not type_.has_value):
        return [key(item) for item in items]
    if type_ is not None and type_.is_primitive and type_.convert is None:
        return [item if type(item) is str else _key(boxed([item], type_)[0]) for item in items]
    return [_key(item) for item in boxed(items, type_)]


def weight(items: Items) -> int:
    """Steps that comparing the items is charged for: by what is below them, if they are complex."""
    total = len(items)
    for item in items:
        if isinstance(item, dict) or type(item) is Node:
            total += 4 * _size(item)
    return total


def _size(item: Any) -> int:
    """How many values an object holds."""
    pending = [item.value if type(item) is Node else item]
    for value in pending:
        if isinstance(value, dict):
            pending.extend(value.values())
        elif type(value) is list:
            pending.extend(value)
    return len(pending)


def unique(items: Items, type_: Type | None) -> Items:
    """Each item once, where it stands first."""
    found: dict[Any, Any] = {}
    for one, item in zip(keys(items, type_), items, strict=True):
        found.setdefault(one, item)
    return list(found.values())


def _key(item: Any) -> Any:
    value = system(item)
    return key(value) if value is not None else ("element", key(dict(item.element or {})))


def named(value: Any) -> str:
    """The type of a value for a message."""
    return "complex element" if isinstance(value, dict) else system_type(value).name


def _equal_quantities(left: Quantity | None, right: Quantity | None) -> bool | None:
    if left is None or right is None:
        return False
    order = quantity.compare(left, right)
    return None if order is None else order == 0


def _as_quantity(value: Any) -> Quantity | None:
    if type(value) in _NUMBERS:
        return Quantity(Decimal(value))
    return value if type(value) is Quantity else None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _equivalent_objects(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return left.keys() == right.keys() and all(equivalent(value, right[name]) for name, value in left.items())
