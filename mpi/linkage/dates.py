"""Relations of many dates at once; `mpi.birth_dates.date_relation` tells the same of two."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Holds = NDArray[np.bool_]
Texts = Sequence[str]
Digits = NDArray[np.uint8]

_SIZE: Final = len("yyyy-mm-dd")
_DASHES: Final = (4, 7)
_LUNAR: Final = (17, 52)
_MONTHS: Final = np.asarray([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])


def as_far_as_known(one: Texts, other: Texts, bound: float) -> Holds:
    pairs = zip(one, other, strict=True)
    return np.fromiter((a.startswith(b) or b.startswith(a) for a, b in pairs), np.bool_, len(one))


def slip(one: Texts, other: Texts, bound: float) -> Holds:
    """One digit is another, or two neighbours have changed places."""
    left, right, whole = _digits(one, other)
    differ = left != right
    count = differ.sum(axis=1)
    first = differ.argmax(axis=1)
    last = _SIZE - 1 - differ[:, ::-1].argmax(axis=1)
    rows = np.arange(len(left))
    turned = (left[rows, first] == right[rows, last]) & (left[rows, last] == right[rows, first])
    between = last - first - np.isin(first + 1, _DASHES)
    return np.asarray(whole & ((count == 1) | ((count == 2) & turned & (between == 1))))


def swapped(one: Texts, other: Texts, bound: float) -> Holds:
    """Day and month have changed places."""
    left, right, whole = _digits(one, other)
    same_year = (left[:, :4] == right[:, :4]).all(axis=1)
    crossed = (left[:, 5:7] == right[:, 8:]).all(axis=1) & (left[:, 8:] == right[:, 5:7]).all(axis=1)
    return np.asarray(whole & same_year & crossed)


def default_day(one: Texts, other: Texts, bound: float) -> Holds:
    """The year is one, and one of the two is the first of January."""
    left, right, whole = _digits(one, other)
    first = np.frombuffer(b"-01-01", np.uint8)
    january = (left[:, 4:] == first).all(axis=1) | (right[:, 4:] == first).all(axis=1)
    return np.asarray(whole & january & (left[:, :4] == right[:, :4]).all(axis=1))


def lunar(one: Texts, other: Texts, bound: float) -> Holds:
    """As many days apart as a lunar date and the solar one of the same numerals; to a day or two."""
    left, right, whole = _digits(one, other)
    apart = np.abs(_day(left) - _day(right))
    return np.asarray(whole & (apart >= _LUNAR[0]) & (apart <= _LUNAR[1]))


def _digits(one: Texts, other: Texts) -> tuple[Digits, Digits, Holds]:
    """The characters of both, and where both are whole dates."""
    left, right = (np.array(texts, f"S{_SIZE}").view(np.uint8).reshape(-1, _SIZE) for texts in (one, other))
    return left, right, (left[:, -1] > 0) & (right[:, -1] > 0)


def _day(digits: Digits) -> NDArray[np.int64]:
    numbers = digits.astype(np.int64) - ord("0")
    year = numbers[:, :4] @ np.asarray([1000, 100, 10, 1])
    month = np.clip(numbers[:, 5:7] @ np.asarray([10, 1]), 0, 12)
    day = numbers[:, 8:] @ np.asarray([10, 1])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) & (month > 2)
    years = year * 365 + (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400
    return np.asarray(years + _MONTHS[month] + leap + day)
