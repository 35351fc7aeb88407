"""How strings are compared: normalised, by prefix, by part, or exactly.

https://hl7.org/fhir/R4/search.html#string
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from operator import add

# A btree entry must fit a third of a page; longer values are found by their beginning.
INDEXED_CHARACTERS = 256

IDEOGRAPH = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DOT = re.compile(rf"(?<=[{IDEOGRAPH}])\s*[·•‧・･.。．‑-]\s*(?=[{IDEOGRAPH}])")
_HAS_IDEOGRAPH = re.compile(f"[{IDEOGRAPH}]")
_HAN_TEXT = re.compile(f"[{IDEOGRAPH}·\\s]+")
# What no normalisation of Unicode changes: ASCII, and the ideographs that have no other form.
_PLAIN = re.compile("[\x00-\x7f\u4e00-\u9fff]*\\Z")


# A longer value is rare, and must not fill the cache.
_LONGEST_CACHED = 64


def normalised(value: str) -> str:
    """Case, accents, width and spacing removed; every dot inside a Chinese name is `·`.

    >>> normalised("ÉMILE  Zola"), normalised("古丽•娜尔")
    ('emile zola', '古丽·娜尔')
    """
    return (
        _cached_normal(value) if len(value) <= _LONGEST_CACHED else _normal(value[: 4 * INDEXED_CHARACTERS])
    )


def _normal(value: str) -> str:
    return folded(value)[:INDEXED_CHARACTERS]


def folded(value: str) -> str:
    """As `normalised`, but whole."""
    if value.isascii():
        plain = value.lower()
    elif _PLAIN.match(value):
        plain = _DOT.sub("·", value.lower())
    else:
        decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", value).casefold())
        bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
        plain = _DOT.sub("·", unicodedata.normalize("NFC", bare))
    return " ".join(plain.split())


_cached_normal = lru_cache(maxsize=1 << 14)(_normal)


def is_chinese(value: str) -> bool:
    """Whether the value is written in ideographs only (with the dot of minority names)."""
    return bool(_HAS_IDEOGRAPH.search(value)) and bool(_HAN_TEXT.fullmatch(value))


def grams(value: str) -> list[str]:
    """Every single character and every pair of neighbours: what `:contains` looks up."""
    return sorted({*value, *pairs(value)})


def pairs(value: str) -> Iterator[str]:
    """Every two neighbours."""
    return map(add, value, value[1:])


def sought_grams(value: str) -> list[str]:
    """The grams that a value containing `value` must have: its pairs, or its only character."""
    return sorted(set(pairs(value))) or [value]


def after_prefix(prefix: str) -> str | None:
    """The least string, in code point order, above every string that begins with `prefix`.

    None if there is none: then the prefix is empty or all its characters are the last one there is.
    """
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)
