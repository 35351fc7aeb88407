"""Relations of many dates at once; `mpi.normalisation.birth_dates.date_relation` tells the same of two.

A date is a row of characters (`yyyy-mm-dd`), zeros where it is less precise.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Holds = NDArray[np.bool_]
Digits = NDArray[np.uint8]

_SIZE: Final = len("yyyy-mm-dd")
_DASHES: Final = (4, 7)
_LUNAR: Final = (17, 52)
_MONTHS: Final = np.asarray([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334])


def digits(texts: Sequence[str]) -> Digits:
    """The characters of dates."""
    return np.array(texts, f"S{_SIZE}").view(np.uint8).reshape(-1, _SIZE)


def as_far_as_known(left: Digits, right: Digits) -> Holds:
    return np.asarray(((left == right) | (left == 0) | (right == 0)).all(axis=1))


def slip(left: Digits, right: Digits) -> Holds:
    """One digit is another, or two neighbours have changed places."""
    differ = left != right
    count = differ.sum(axis=1)
    first = differ.argmax(axis=1)
    last = _SIZE - 1 - differ[:, ::-1].argmax(axis=1)
    rows = np.arange(len(left))
    turned = (left[rows, first] == right[rows, last]) & (left[rows, last] == right[rows, first])
    between = last - first - np.isin(first + 1, _DASHES)
    return np.asarray(_whole(left, right) & ((count == 1) | ((count == 2) & turned & (between == 1))))


def swapped(left: Digits, right: Digits) -> Holds:
    """Day and month have changed places."""
    same_year = (left[:, :4] == right[:, :4]).all(axis=1)
    crossed = (left[:, 5:7] == right[:, 8:]).all(axis=1) & (left[:, 8:] == right[:, 5:7]).all(axis=1)
    return np.asarray(_whole(left, right) & same_year & crossed)


def default_day(left: Digits, right: Digits) -> Holds:
    """The year is one, and one of the two is the first of January."""
    first = np.frombuffer(b"-01-01", np.uint8)
    january = (left[:, 4:] == first).all(axis=1) | (right[:, 4:] == first).all(axis=1)
    return np.asarray(_whole(left, right) & january & (left[:, :4] == right[:, :4]).all(axis=1))


def lunar(left: Digits, right: Digits) -> Holds:
    """As many days apart as a lunar date and the solar one of the same numerals; to a day or two."""
    apart = np.abs(_day(left) - _day(right))
    return np.asarray(_whole(left, right) & (apart >= _LUNAR[0]) & (apart <= _LUNAR[1]))


def _whole(left: Digits, right: Digits) -> Holds:
    """Where both are whole dates."""
    return np.asarray((left[:, -1] > 0) & (right[:, -1] > 0))


def _day(digits: Digits) -> NDArray[np.int64]:
    numbers = digits.astype(np.int64) - ord("0")
    year = numbers[:, :4] @ np.asarray([1000, 100, 10, 1])
    month = np.clip(numbers[:, 5:7] @ np.asarray([10, 1]), 0, 12)
    day = numbers[:, 8:] @ np.asarray([10, 1])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)) & (month > 2)
    years = year * 365 + (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400
    return np.asarray(years + _MONTHS[month] + leap + day)
