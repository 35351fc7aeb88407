"""The pinyin key of a name: names that sound alike have the same key."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import cast

_NOT_LETTER = re.compile(r"[^a-z]+")


@cache
def _lazy_pinyin() -> Callable[[str], list[str]]:
    # The dictionary takes 0.1 s to load, so the first name pays for it and not every import.
    from pypinyin import lazy_pinyin

    return cast(Callable[[str], list[str]], lazy_pinyin)


@lru_cache(maxsize=65536)
def pinyin(name: str) -> str:
    """Syllables without tones or spaces (`欧阳伟` → `ouyangwei`); a romanised name is its letters."""
    return _NOT_LETTER.sub("", "".join(_lazy_pinyin()(name)).lower())
