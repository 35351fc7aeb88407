"""The pinyin key of a name: names that sound alike have the same key."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import cast

from mpi.normalisation.surnames import READINGS, name_parts

_NOT_LETTER = re.compile(r"[^a-z]+")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
# ü is written v by keyboards and yu by passports (吕 LYU, 女 NYU).
_UMLAUT = re.compile(r"(?<=[ln])(?:yu|u:)(?!n)")
_TONED = re.compile("u\N{COMBINING DIAERESIS}")


@cache
def _lazy_pinyin() -> Callable[[str], list[str]]:
    # The dictionary takes 0.1 s to load, so the first name pays for it and not every import.
    from pypinyin import lazy_pinyin

    return cast(Callable[[str], list[str]], lazy_pinyin)


@lru_cache(maxsize=65536)
def pinyin(name: str) -> str:
    """Syllables without tones or spaces (`欧阳伟` → `ouyangwei`, `单伟` → `shanwei`); a romanised name is its
    letters."""
    if not _CHINESE.search(name):
        return _letters(name)
    surname, given = name_parts(name)
    return _letters((READINGS.get(surname) or _reading(surname)) + _reading(given))


# Far fewer than whole names.
@lru_cache(maxsize=65536)
def _reading(characters: str) -> str:
    return "".join(_lazy_pinyin()(characters))


@lru_cache(maxsize=65536)
def pinyin_keys(name: str) -> tuple[str, ...]:
    """The key, and for a romanised name also that of its parts turned round: `Wei Wang` is `Wang Wei`."""
    key = pinyin(name)
    parts = [] if _CHINESE.search(name) else re.split(r"[ ,]+", name.strip())
    turned = pinyin(" ".join([parts[-1], *parts[:-1]])) if len(parts) > 1 else key
    # The surname 吕 without its dots.
    dotted = [pinyin(" ".join(["lv", *rest])) for rest in _behind_lu(parts)]
    return tuple(dict.fromkeys(filter(None, (key, turned, *dotted))))


def _behind_lu(parts: list[str]) -> Iterator[list[str]]:
    """What stands with a surname `lu`, at either end."""
    if len(parts) > 1 and parts[0] == "lu":
        yield parts[1:]
    if len(parts) > 1 and parts[-1] == "lu":
        yield parts[:-1]


def _letters(text: str) -> str:
    # A tone stands behind the diaeresis.
    marked = _TONED.sub("v", unicodedata.normalize("NFD", text.lower()))
    return _UMLAUT.sub("v", _NOT_LETTER.sub("", marked))
