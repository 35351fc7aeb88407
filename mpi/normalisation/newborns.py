"""Names that say whose child a newborn is, not who it is, and which of twins or more."""

import re
from functools import lru_cache
from typing import Final

from mpi.normalisation.surnames import COMPOUND

_CHILD: Final = (
    r"儿子|女儿|子|女|儿|男婴|女婴|男孩|女孩|男|新生婴?儿|婴儿|婴|宝宝|宝|孩|仔"
    r"|双胞胎|双胎|孪生[子女]?|双[子女]?|三?胞?胎|毛头|bb|baby"
)
_WITH_OF: Final = rf"[之的其](?:第?[长次大小双幼一二三四])?(?:{_CHILD})"
_WITHOUT: Final = (
    r"[长次大小双幼]?(?:婴儿|婴|新生婴?儿|男婴|女婴)|[大小]双|双胞胎|双胎|孪生[子女]"
    r"|[长次][子女]|[大小二三]宝|宝宝|儿子|女儿|毛头|bb|baby"
)
_ORDER: Final = r"(?:第?[甲乙丙丁一二三四大小0-9a-d]{1,2}胎?|i{1,3})?"
_CHINESE: Final = re.compile(
    rf"([\u3400-\u9fff\U00020000-\U0003ffff].{{1,11}}?)(?:{_WITH_OF}|{_WITHOUT}){_ORDER}"
)
# Behind three characters these are a child's mark where they tell which child; otherwise a name may end so.
_NUMBERED: Final = re.compile(r"[\u3400-\u9fff]{3}([子女]\(?[1-4a-d]\)?)")
_NAMELESS: Final = re.compile(rf"新生婴?儿.*|(?:[男女]婴|婴儿){_ORDER}")
_LATIN: Final = re.compile(
    r"\b(?:newborn|neonate|infant|baby ?boy|baby ?girl|baby (?:male|female|of))\b"
    r"|\b(?:boy|girl|son|daughter|twin|bb) of\b"
    r"|\bb/[obg]\b|\btwin (?:[a-d1-4]|one|two)\b|, ?(?:boy|girl)\b|^(?:newborn|babyboy|babygirl)"
)
_LATIN_ORDER: Final = re.compile(r"(?:boy|girl|twin|infant|newborn)[ -]?([a-d1-4])\b|\b([a-d1-4])\Z")

_ORDERS: Final = ("长大甲一1a", "次小乙二2b", "丙三3c", "丁四4d")
_BABY: Final = re.compile(r"bb|baby")
_ROMAN: Final = re.compile(r"i{1,3}\Z")
_TOLD: Final = {mark: order for order, marks in enumerate(_ORDERS, 1) for mark in marks}


@lru_cache(maxsize=65536)
def is_newborn(name: str) -> bool:
    """Whether a normal name says whose child a newborn is, not who it is (`王芳之子`, `王芳大双`)."""
    return _told_of(name.replace(" ", "")) is not None or _LATIN.search(name) is not None


@lru_cache(maxsize=65536)
def told_birth_order(name: str) -> int | None:
    """Which of twins or more a newborn's normal name says it is (`王芳大双` 1, `王芳之子乙` 2)."""
    told = _told_of(name.replace(" ", ""))
    if told is not None:
        told = _ROMAN.sub(lambda found: str(len(found[0])), _BABY.sub("", told))
        last = _TOLD.get(told[-1:])
        return last or next((_TOLD[mark] for mark in told if mark in _TOLD), None)
    found = _LATIN_ORDER.search(name) if _LATIN.search(name) else None
    return _TOLD[found[1] or found[2]] if found else None


def _told_of(tight: str) -> str | None:
    """What stands behind the mother's name, or in its place; None in the name of somebody else."""
    found = _CHINESE.fullmatch(tight)
    if found and (found[1] not in COMPOUND or found[0][found.end(1)] in "之的其"):
        return tight[found.end(1) :]
    if numbered := _NUMBERED.fullmatch(tight):
        return numbered[1].strip("()")
    if _NAMELESS.fullmatch(tight):
        return "" if tight.startswith("新") else tight
    return None
