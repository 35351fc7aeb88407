"""Chinese numerals as digits: `二〇〇一` 2001, `十二` 12, `三十` 30, `一百零五` 105."""

import re
from typing import Final

NUMERALS: Final = "〇零一二三四五六七八九十廿百两"
_DIGITS: Final = str.maketrans("〇零一二三四五六七八九两", "001234567892")
_TENS: Final = re.compile(
    r"(?:([一二三四五六七八九两])百零?)?(?:([一二三四五六七八九]?)(十|廿))?([一二三四五六七八九]?)"
)


def digits(text: str) -> str:
    """The number that numerals of up to three places, or one numeral a digit, write; else the text itself."""
    if not set("十廿百") & set(text):
        return text.translate(_DIGITS)
    found = _TENS.fullmatch(text)
    if found is None:
        return text
    hundreds, tens, ten, ones = found.groups()
    total = 100 * _value(hundreds, 0) + _value(ones, 0)
    total += {"十": 10 * _value(tens, 1), "廿": 20, None: 0}[ten]
    return str(total)


def _value(numeral: str | None, else_: int) -> int:
    return int(numeral.translate(_DIGITS)) if numeral else else_
