"""Computing with numbers, quantities, texts and dates. http://hl7.org/fhirpath/N1/#math

None is an empty result: a division by zero, an overflow, units that do not fit.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from profiles.fhirpath import duration, quantity
from profiles.fhirpath.equality import named
from profiles.fhirpath.error import FhirPathError, failure
from profiles.fhirpath.frame import limited
from profiles.fhirpath.number import EXACT, ROUNDED, bounded
from profiles.fhirpath.quantity import Quantity
from profiles.fhirpath.temporal import Temporal

_NUMBERS: Final = (int, Decimal)


def add(left: Any, right: Any) -> Any:
    if type(left) is str and type(right) is str:
        return limited(left + right)
    if type(left) is Temporal and type(right) is Quantity:
        return _moved(left, right.value, right)
    if Quantity in (type(left), type(right)):
        return _of_quantities(quantity.add, left, right, "added")
    return _of_numbers(lambda one, other: one + other, EXACT.add, left, right, "added")


def subtract(left: Any, right: Any) -> Any:
    if type(left) is Temporal and type(right) is Quantity:
        return _moved(left, -right.value, right)
    if Quantity in (type(left), type(right)):
        return _of_quantities(
            lambda one, other: quantity.add(one, quantity.negative(other)), left, right, "subtracted"
        )
    return _of_numbers(lambda one, other: one - other, EXACT.subtract, left, right, "subtracted")


def multiply(left: Any, right: Any) -> Any:
    if Quantity in (type(left), type(right)):
        return _of_quantities(quantity.multiply, left, right, "multiplied")
    return _of_numbers(lambda one, other: one * other, EXACT.multiply, left, right, "multiplied")


def divide(left: Any, right: Any) -> Any:
    if Quantity in (type(left), type(right)):
        return _of_quantities(quantity.divide, left, right, "divided")
    _check_numbers(left, right, "divided")
    return bounded(ROUNDED.divide(Decimal(left), Decimal(right))) if right else None


def integer_divide(left: Any, right: Any) -> Any:
    """Towards zero."""
    _check_numbers(left, right, "divided")
    whole = bounded(EXACT.divide_int(Decimal(left), Decimal(right))) if right else None
    return None if whole is None else bounded(int(whole))


def modulo(left: Any, right: Any) -> Any:
    """The sign is the dividend's."""
    _check_numbers(left, right, "divided")
    if not right:
        return None
    rest = bounded(EXACT.remainder(Decimal(left), Decimal(right)))
    return int(rest) if rest is not None and type(left) is int and type(right) is int else rest


def signed(sign: Any, value: Any) -> Any:
    if type(value) in _NUMBERS:
        return -value if sign == "-" else value
    if type(value) is Quantity:
        return quantity.negative(value) if sign == "-" else value
    raise failure(f"A {named(value)} has no sign")


def _moved(moment: Temporal, amount: Decimal, added: Quantity) -> Temporal:
    if added.calendar is None:
        raise failure(f"{added} is no duration of the calendar")
    return duration.add(moment, amount, added.calendar)


def _of_numbers(
    integers: Callable[[int, int], int],
    decimals: Callable[[Any, Any], Decimal],
    left: Any,
    right: Any,
    what: str,
) -> Any:
    _check_numbers(left, right, what)
    return bounded(
        integers(left, right) if type(left) is int and type(right) is int else decimals(left, right)
    )


def _check_numbers(left: Any, right: Any, what: str) -> None:
    if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
        raise _unfit(left, right, what)


def _of_quantities(
    compute: Callable[[Quantity, Quantity], Quantity | None], left: Any, right: Any, what: str
) -> Quantity | None:
    one = left if type(left) is Quantity else Quantity(Decimal(left)) if type(left) in _NUMBERS else None
    other = (
        right if type(right) is Quantity else Quantity(Decimal(right)) if type(right) in _NUMBERS else None
    )
    if one is None or other is None:
        raise _unfit(left, right, what)
    result = compute(one, other)
    return result if result is not None and bounded(result.value) is not None else None


def _unfit(left: Any, right: Any, what: str) -> FhirPathError:
    return failure(f"A {named(left)} and a {named(right)} cannot be {what}")
