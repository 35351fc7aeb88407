"""Names in the one form that comparisons use."""

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from mpi.normalisation.characters import simplified
from mpi.normalisation.newborns import is_newborn
from mpi.normalisation.placeholders import is_placeholder
from mpi.normalisation.surnames import COMPOUND, with_surname_first

_HAN: Final = "\u3400-\u9fff\U00020000-\U0003ffff"
_CHINESE = re.compile(f"[{_HAN}]")
_SPACE = re.compile(r"\s+")
# The dot inside a minority name is written in many ways.
_DOT = re.compile(r"[.。\u00b7]+")
# Between two parts of a name, a dash stands for the dot; a dot in so short a name stands for nothing.
_DASH = re.compile(rf"(?<=[{_HAN}][{_HAN}])[-_\u2014]+(?=[{_HAN}]{{2}})")
_SHORT: Final = 4
_DOTS: Final = (
    "\u2022\u2027\u2219\u22c5\u30fb\u0387\u16eb\u2e31\u02d9\uff65\u25cf\u25e6\u1427\ua78f\u2e33\ufe12"
)
_APOSTROPHES: Final = "\u2018\u2019\u02bc\u00b4\u0060"
_HYPHENS: Final = "\u2010\u2011\u2012\u2013\u2212"
# Marks that nobody sees: of joining, of direction, of variants; a space that GBK has of its own.
_UNSEEN: Final = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0xAD)
_VARIANTS: Final = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_MARKS: Final = (
    {ord(dot): "\u00b7" for dot in _DOTS}
    | {ord(mark): "'" for mark in _APOSTROPHES}
    | {ord(mark): "-" for mark in _HYPHENS}
    | dict.fromkeys((*_UNSEEN, *_VARIANTS), "")
    | {0xE5E5: " "}
)
_LONGEST: Final = 128
# What a clerk wrote behind a name.
_NOTE = re.compile(r"[(\[【<]([^)\]】>]*)[)\]】>]?\Z")
_TITLES: Final = ("先生", "女士", "小姐", "同志")
# A bed, a mark, the number of a second entry: around a name, they are no part of it.
_BED: Final = "加?[0-9]{1,3}床"
_BEFORE = re.compile(rf"(?:{_BED})+(?=[{_HAN}]{{2}})|\*+(?=[{_HAN}]{{3}})")
_BEHIND = re.compile(
    rf"(?<=[{_HAN}]{{2}})(?:{_BED})+\Z|(?<=[{_HAN}]{{3}})\*+\Z|(?<=[{_HAN}]{{2}})(?<![子女男儿婴])[0-9]{{1,2}}\Z"
)


@lru_cache(maxsize=65536)
def normal_name(text: str) -> str:
    """NFKC; lower case; a Chinese name simplified, without spaces and with one dot (`·`); single spaces."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST].translate(_MARKS))
    name = unicodedata.normalize("NFKC", plain.casefold())
    if _CHINESE.search(name):
        name = _chinese(_SPACE.sub("", name))
    else:
        name = _SPACE.sub(" ", _DOT.sub(" ", name)).strip()
    return unicodedata.normalize("NFKC", name)  # an accent may have met its letter


def _chinese(tight: str) -> str:
    name = simplified(tight if tight.isalnum() else _dotted(tight))
    while (bare := _bare(name)) != name:
        name = bare
    return with_surname_first(name.replace("·", "") if len(name) <= _SHORT and "·" in name else name)


def _bare(name: str) -> str:
    """Without one title or mark that a clerk put to it."""
    if name.endswith(_TITLES):
        return name if len(name) < _SHORT or name[:-2] in COMPOUND else name[:-2]
    if name.isalpha() and name[-1] != "床":
        return name
    bare = _BEHIND.sub("", _BEFORE.sub("", name) if _BEFORE.match(name) else name).strip("·")
    return name if bare == name or is_newborn(name) or is_placeholder(name) else bare


def _dotted(tight: str) -> str:
    return _DOT.sub("·", _DASH.sub("·", _without_note(tight))).strip("·")


def _without_note(tight: str) -> str:
    """Without what a clerk added, unless that says that a newborn is meant, or is the name itself."""
    found = _NOTE.search(tight)
    if found is None or found.start() == 0:
        return tight
    bare = tight[: found.start()]
    if is_newborn(bare + found[1]):
        return bare + found[1]
    return _without_note(bare if _CHINESE.search(bare) else found[1])


def is_chinese(name: str) -> bool:
    return _CHINESE.search(name) is not None


def is_near(one: str, other: str) -> bool:
    """Whether one character of a name is another, or there is one more, or one is the first part of the other
    (`买买提`, `买买提·吐尔逊`)."""
    if len(one) == len(other):
        return len(one) > 2 and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    if len(short) < 2 or not long.startswith(short):
        return False
    return len(long) - len(short) == 1 or long[len(short)] == "·"


def undotted(name: str) -> str:
    return name.replace("·", "")


def text_from_human_name(human_name: dict[str, Any]) -> str:
    """The name as one text: `text` if it is Chinese or there are no parts, else family and given."""
    text = human_name.get("text", "")
    parts = [human_name.get("family", ""), *human_name.get("given", ())]
    joined = " ".join(part for part in parts if isinstance(part, str) and part)
    if not joined or (isinstance(text, str) and _CHINESE.search(text)):
        return text if isinstance(text, str) else ""
    return joined
