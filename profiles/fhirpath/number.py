"""Integers and decimals: exact where they can be, and within bounds. http://hl7.org/fhirpath/N1/#math"""

import decimal
from decimal import Decimal
from typing import Final

Number = int | Decimal

MAX_INTEGER: Final = 2**31 - 1
MIN_INTEGER: Final = -(2**31)
MAX_DIGITS: Final = 28
_LIMIT: Final = Decimal(10) ** MAX_DIGITS

# Exponents are bounded so that no power takes long; nothing is trapped: what is no number becomes empty.
EXACT: Final = decimal.Context(prec=200, Emax=999, Emin=-999, traps=[])
ROUNDED: Final = decimal.Context(prec=MAX_DIGITS, Emax=999, Emin=-999, traps=[])


def bounded(value: Number) -> Number | None:
    """The result of an operation; None if it is no number, or too big."""
    if type(value) is int:
        return value if MIN_INTEGER <= value <= MAX_INTEGER else None
    decimal_value = Decimal(value)
    return decimal_value if decimal_value.is_finite() and abs(decimal_value) < _LIMIT else None


def plain(value: Number) -> str:
    """Without an exponent."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def places(value: Number) -> int:
    """Digits after the point."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rounded(value: Number, digits: int, rounding: str = decimal.ROUND_HALF_UP) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding, EXACT)


def equivalent(left: Number, right: Number) -> bool:
    """Equal when rounded to the precision of the less precise, trailing zeros left out."""
    if left == right:
        return True
    if type(left) is int and type(right) is int:
        return False
    digits = min(places(_stripped(left)), places(_stripped(right)))
    return rounded(left, digits) == rounded(right, digits)


def _stripped(value: Number) -> Decimal:
    return Decimal(value).normalize(EXACT)
