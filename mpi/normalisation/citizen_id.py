"""Citizen identity numbers of GB 11643: 18 characters today, 15 digits until 1999.

Division code (6), birth date (8; 6 in old ones), order code (3, odd for a man) and the check character of
ISO 7064 MOD 11-2. Old numbers say the year in two digits and have no check.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from operator import mul
from typing import Final, Literal

import msgspec

SYSTEM: Final = "urn:oid:2.16.156.10011.1.3"
"""The identifier system of these numbers."""

_CHECK_CHARACTERS: Final = "10X98765432"
_WEIGHTS: Final = tuple(pow(2, 17 - position, 11) for position in range(17))
# The sum over seventeen zeros, in ASCII.
_ZERO: Final = ord("0") * sum(_WEIGHTS)
_FORM = re.compile(r"(?:[0-9]{17}[0-9X]|[0-9]{15})\Z", re.ASCII)
# What stands between the digits or around them: signs, a label before, a note behind.
_AROUND = re.compile(
    r"[\s'\"_\u00ad\u2010-\u2015\u2018-\u201d\u200b-\u200f\u2060\ufeff-]+|^(?:[\u4e00-\u9fff]+|(?i:sfzh?|id)):?|\([^)]*\)\Z"
)
# Letters and signs that look like the check character.
_LIKE_X: Final = str.maketrans(dict.fromkeys("\u0425\u0445\u03a7\u03c7\u00d7\u2715\u2716*", "X"))

# First two digits of a division code (GB/T 2260); 81 to 83 also head residence permits.
_PROVINCES: Final = frozenset(
    str(code)
    for block in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(block[0], block[1] + 1)
)
# Order codes that old numbers kept for people born before 1900.
_CENTENARIAN: Final = frozenset(("996", "997", "998", "999"))
_EARLIEST_YEAR: Final = 1850
_LATEST_YEAR: Final = 2099
# What systems fill in; nobody is so old any more.
_FILLER: Final = "19000101"


class CitizenId(msgspec.Struct, frozen=True):
    """A valid number in its 18-character form, and what it says about its holder."""

    number: str
    birth_date: date
    sex: Literal["male", "female"]

    @property
    def division(self) -> str:
        """The division where the number was given (six digits), not where its holder lives."""
        return self.number[:6]


def check_character(body: str) -> str:
    """ISO 7064 MOD 11-2 over 17 digits."""
    return _CHECK_CHARACTERS[(sum(map(mul, _WEIGHTS, body.encode("ascii"))) - _ZERO) % 11]


# A record is asked for its number several times while it is decided about.
@lru_cache(maxsize=4096)
def citizen_id(text: str) -> CitizenId | None:
    """The number that `text` writes, or None if no citizen can have it.

    Full-width characters, spaces, hyphens, a small `x` and what looks like it, a label and a note are
    accepted; 15 digits become 18.
    """
    number = text if text.isascii() and text.isalnum() else _plain(text)
    number = number.upper()
    if not _FORM.match(number) or not _plausible_division(number):
        return None
    if len(number) == 15:
        if len(set(number)) == 1:  # of 18 such digits none would be born in a year of ours
            return None
        number = _upgraded(number)
    elif check_character(number[:17]) != number[17]:
        return None
    birth_date = _birth_date(number[6:14])
    if birth_date is None:
        return None
    return CitizenId(number, birth_date, "male" if int(number[16]) % 2 else "female")


def _plain(text: str) -> str:
    return _AROUND.sub("", unicodedata.normalize("NFKC", text[:64])).translate(_LIKE_X)


def is_number_of(number: str, born: str) -> bool:
    """Whether a number in its 18-character form is of one born then, as far as `yyyy-mm-dd` says."""
    digits = number[6:14]
    own = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return own.startswith(born)


def _plausible_division(number: str) -> bool:
    """A province, or the 9 that heads a foreigner's permanent residence number before the province."""
    return number[:2] in _PROVINCES or (number[0] == "9" and len(number) == 18 and number[1:3] in _PROVINCES)


def _upgraded(number: str) -> str:
    century = "18" if number[12:] in _CENTENARIAN else "19"
    body = number[:6] + century + number[6:]
    return body + check_character(body)


def _birth_date(digits: str) -> date | None:
    year = int(digits[:4])
    if digits == _FILLER or not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    try:
        return date(year, int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
