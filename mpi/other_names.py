"""Whether two names under one number may be one person's: of a clerk's slip, or of a name that was changed.

Pure and symmetric. A name that was changed keeps the surname or part of the rest more often than not; who has
neither may as well have given a parent's or a spouse's number, whose birth date and sex a form then fills in.
"""

from functools import lru_cache
from typing import Literal

from mpi.normalisation.names import is_chinese
from mpi.normalisation.pinyin import pinyin
from mpi.normalisation.surnames import name_parts

Common = Literal["part", "surname", "nothing"]

# A surname and a given name of one character each: a slip in the one leaves nothing but the other.
_TWO = 2


@lru_cache(maxsize=65536)
def in_common(one: str, other: str) -> Common:
    """What two normal names that differ have in common: `surname` if one slip would explain the rest."""
    if is_chinese(one) != is_chinese(other):
        chinese, letters = (one, other) if is_chinese(one) else (other, one)
        return "part" if _is_written_in(chinese, letters) else "nothing"
    if not is_chinese(one):
        return "nothing" if _initials(one).isdisjoint(_initials(other)) else "part"
    mine, theirs = name_parts(one), name_parts(other)
    if not (mine.surname and theirs.surname):
        return "nothing" if set(one).isdisjoint(other) else "part"
    if mine.surname != theirs.surname:
        # A woman of old is known by her husband's surname and her own: 陈任氏.
        kept = mine.given == theirs.given or mine.surname in theirs.given or theirs.surname in mine.given
        return "part" if kept else "nothing"
    if len(one) == len(other) == _TWO:
        return "surname"
    return "nothing" if set(mine.given).isdisjoint(theirs.given) else "part"


def _is_written_in(chinese: str, letters: str) -> bool:
    """Whether letters end with how the given name sounds, for forms misread surnames (曾 as `ceng`), or begin
    with it before the surname, or with a minority name's own part."""
    parts, written = name_parts(chinese), pinyin(letters)
    if not parts.surname:
        return written.startswith(pinyin(chinese.partition("·")[0]))
    given = pinyin(parts.given)
    return written.endswith(given) or written == given + pinyin(parts.surname)


def _initials(letters: str) -> set[str]:
    """A word that was shortened or mistyped begins as it did."""
    return {word[0] for word in letters.replace(",", " ").split()}
