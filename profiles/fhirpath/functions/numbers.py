"""Functions of numbers. http://hl7.org/fhirpath/N1/#math-1"""

import decimal
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from profiles.fhirpath.error import failure
from profiles.fhirpath.functions.single import MEASURED, NUMBER, WHOLE, Single
from profiles.fhirpath.invocation import Function
from profiles.fhirpath.number import MAX_DIGITS, ROUNDED, Number, bounded, rounded
from profiles.fhirpath.quantity import Quantity
from profiles.fhirpath.types import DECIMAL, INTEGER


def absolute(value: Any) -> Any:
    return Quantity(abs(value.value), value.unit) if type(value) is Quantity else bounded(abs(value))


def whole(value: Number, rounding: str) -> Number | None:
    return bounded(int(Decimal(value).to_integral_value(rounding)))


def round_(value: Number, digits: int = 0) -> Number | None:
    """A half is rounded away from zero."""
    if not 0 <= digits <= MAX_DIGITS:
        raise failure(f"{digits} is not a number of digits")
    return bounded(rounded(value, digits))


def logarithm(value: Number, base: Number) -> Number | None:
    if value <= 0 or base <= 0 or base == 1:
        return None
    quotient = ROUNDED.divide(ROUNDED.ln(Decimal(value)), ROUNDED.ln(Decimal(base)))
    return bounded(_tidy(quotient))


def power(value: Number, exponent: Number) -> Number | None:
    result = bounded(_tidy(ROUNDED.power(Decimal(value), Decimal(exponent))))
    if result is None or type(value) is not int or type(exponent) is not int:
        return result
    return bounded(int(result)) if result == int(result) else result


def _tidy(value: Decimal) -> Decimal:
    """Without the last digits' noise: 3.999…9 is 4."""
    if not value.is_finite() or not value:
        return value
    near = value.quantize(Decimal(1).scaleb(-MAX_DIGITS + max(value.adjusted(), 0) + 4), context=_WIDE)
    return near.normalize(_WIDE) if near == near.to_integral_value() else value


_WIDE: Final = decimal.Context(prec=100, traps=[])

FUNCTIONS: Final[Mapping[str, Function]] = {
    "abs": Single(absolute, MEASURED).function(),
    "ceiling": Single(lambda value: whole(value, decimal.ROUND_CEILING), NUMBER, type=INTEGER).function(),
    "floor": Single(lambda value: whole(value, decimal.ROUND_FLOOR), NUMBER, type=INTEGER).function(),
    "truncate": Single(lambda value: whole(value, decimal.ROUND_DOWN), NUMBER, type=INTEGER).function(),
    "round": Single(round_, NUMBER, (WHOLE,), optional=1, type=DECIMAL).function(),
    "exp": Single(lambda value: bounded(ROUNDED.exp(Decimal(value))), NUMBER, type=DECIMAL).function(),
    "ln": Single(
        lambda value: bounded(ROUNDED.ln(Decimal(value))) if value > 0 else None, NUMBER, type=DECIMAL
    ).function(),
    "log": Single(logarithm, NUMBER, (NUMBER,), type=DECIMAL).function(),
    "power": Single(power, NUMBER, (NUMBER,)).function(),
    "sqrt": Single(
        lambda value: bounded(ROUNDED.sqrt(Decimal(value))) if value >= 0 else None, NUMBER, type=DECIMAL
    ).function(),
}
