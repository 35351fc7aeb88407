"""Birth dates, and how two that differ may still be one: precision, default days, swaps, slips, the moon."""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from mpi.normalisation.numerals import NUMERALS, digits

DateRelation = Literal["equal", "as-far-as-known", "default-day", "swapped", "slip", "lunar", "different"]

_PARTS = re.compile(r"([0-9]{4})\D{0,2}([0-9]{1,2})\D{0,2}([0-9]{1,2})?\D{0,2}\Z", re.ASCII)
_COMPACT = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{2,6}(?:\.[0-9]+)?(?:[+-][0-9]{4})?)?\Z", re.ASCII
)
_AMERICAN = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})\Z", re.ASCII)
_YEAR = re.compile(r"([0-9]{4})\D?\Z", re.ASCII)
# Two digits that can be neither a day nor a month, nor a year of this century that has begun.
_SHORT = re.compile(
    r"([4-9][0-9])(?:\D{1,2}([0-9]{1,2})\D{1,2}([0-9]{1,2})\D?|([0-9]{2})([0-9]{2}))\Z", re.ASCII
)
_NUMERAL = re.compile(rf"[{NUMERALS}]+(?=[年月日号])")
_TIME = re.compile(r"(?:T[0-9]| [0-9]{1,2}:).*\Z")
# `6 May 1990`, `06-MAY-1990` and `May 6, 1990`.
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH: Final = rf"({'|'.join(_MONTHS)})[a-z]*\.?"
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})[ .-]*{_NAMED_MONTH}[ ,.-]*([0-9]{{4}})\Z", re.ASCII | re.IGNORECASE)
_MONTH_FIRST = re.compile(
    rf"{_NAMED_MONTH}[ .-]*([0-9]{{1,2}})[ ,.-]+([0-9]{{4}})\Z", re.ASCII | re.IGNORECASE
)
# The years of the Republic begin with 1912; Taiwan writes them still.
_ERA = re.compile(r"(?:公元|(?:中[华華])?民[国國]([0-9]{1,3}|元)(?=\D))")
_BEFORE_ERA: Final = 1911
# What systems fill in when nobody said anything.
_FILLERS: Final = frozenset(
    ("1900-01-01", "1899-12-31", "1899-12-30", "1753-01-01", "9999-12-31", "0001-01-01")
)
_FIRST_OF_JANUARY: Final = "01-01"

# The day of a lunar date lies 17 to 52 days after the solar day of the same numbers: the new year falls on
# 21 January to 20 February, months are a day shorter, and one is put in seven times in 19 years.
_LUNAR: Final = range(17, 53)


# There are fewer days than patients.
@lru_cache(maxsize=65536)
def normal_birth_date(text: str) -> str:
    """`yyyy-mm-dd`, `yyyy-mm` or `yyyy`, from what systems write (`19900506`, `1990年5月6日`, `5/6/1990`).

    Empty for a filler and for a day that no calendar has.
    """
    plain = unicodedata.normalize("NFKC", text[:48]).strip().replace("\N{WHITE CIRCLE}", "〇")
    plain = _TIME.sub("", _ERA.sub(_common_year, _NUMERAL.sub(lambda found: digits(found[0]), plain)))
    if found := _AMERICAN.match(plain):
        month, day, year = found.groups()
        return _checked(year, day, month) if int(month) > len(_MONTHS) else _checked(year, month, day)
    if found := _DAY_FIRST.match(plain):
        return _checked(found[3], _number_of(found[2]), found[1])
    if found := _MONTH_FIRST.match(plain):
        return _checked(found[3], _number_of(found[1]), found[2])
    if found := _SHORT.match(plain):
        return _checked(f"19{found[1]}", found[2] or found[4], found[3] or found[5])
    found = _COMPACT.match(plain) or _PARTS.match(plain)
    if found:
        return _checked(*found.groups())
    found = _YEAR.match(plain)
    return found[1] if found and "1850" <= found[1] <= "2099" else ""


def date_relation(one: str, other: str) -> DateRelation:
    """How two normal dates that both say something relate; symmetric. The closest relation that holds."""
    if one == other:
        return "equal"
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return "as-far-as-known"
    if shorter < len("yyyy-mm-dd"):
        return "different"
    if one[:4] == other[:4] and _FIRST_OF_JANUARY in (one[5:], other[5:]):
        return "default-day"
    if one[:4] == other[:4] and (one[5:7], one[8:]) == (other[8:], other[5:7]):
        return "swapped"
    if _is_slip(one, other):
        return "slip"
    return "lunar" if abs(_day(one) - _day(other)).days in _LUNAR else "different"


def _is_slip(one: str, other: str) -> bool:
    """One digit is another, or two neighbours have changed places."""
    at = [place for place, (left, right) in enumerate(zip(one, other, strict=True)) if left != right]
    if len(at) == 1:
        return True
    turned = len(at) == 2 and (one[at[0]], one[at[1]]) == (other[at[1]], other[at[0]])
    return turned and one[at[0] + 1 : at[1]] in ("", "-")


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _number_of(month: str) -> str:
    return str(1 + _MONTHS.index(month.lower()))


def _common_year(found: re.Match[str]) -> str:
    if found[1] is None:
        return ""
    return str(_BEFORE_ERA + (1 if found[1] == "元" else int(found[1])))


def _checked(year: str, month: str, day: str | None) -> str:
    """What nobody knew is written as zero; then the date is as precise as what stands before it."""
    if int(month) == 0:
        return year if "1850" <= year <= "2099" and not int(day or 0) else ""
    day = day if day and int(day) else None
    made = f"{year}-{int(month):02}" + (f"-{int(day):02}" if day else "")
    try:
        start = date(int(year), int(month), int(day) if day else 1)
    except ValueError:
        return ""
    plausible = date(1850, 1, 1) <= start < date(2100, 1, 1)
    return made if plausible and made not in _FILLERS else ""
