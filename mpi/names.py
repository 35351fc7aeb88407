"""Names in the one form that comparisons use, and the names that are worth nothing."""

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from mpi.characters import simplified

_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_SPACE = re.compile(r"\s+")
# The dot inside a minority name is written in many ways; NFKC has already unified the wide forms.
_DOT = re.compile(r"[.\u00b7\u2022\u2027\u2219\u22c5\u30fb\u0387\u16eb\u2e31]+")
_LONGEST: Final = 128

_PLACEHOLDERS: Final = frozenset(
    (
        "无",
        "无名",
        "未知",
        "不详",
        "不明",
        "未详",
        "佚名",
        "匿名",
        "患者",
        "病人",
        "某某",
        "某某某",
        "测试",
        "测试患者",
        "未知姓名",
        "姓名不详",
        "三无人员",
        "unknown",
        "unknownname",
        "anonymous",
        "none",
        "null",
        "na",
        "nn",
        "noname",
        "johndoe",
        "janedoe",
        "test",
    )
)
_PLACEHOLDER = re.compile(
    r"(?:无名(?:氏|男|女|人|尸)|未知名?(?:男|女)性?|三无|某|未命名|未取名|未起名|未提供|待定|待查).*|.某{1,2}|.氏|男婴|女婴|婴儿"
    r"|[0-9*?？\-_/·]*"
)
# What a clerk wrote behind a name.
_NOTE = re.compile(r"\([^)]*\)?\Z")
_NEWBORN = re.compile(
    r"(?:.{2,8}之?(?:[长次大小双幼]?(?:婴儿?|新生儿|男婴|女婴)|[大小]双)|.{2,8}之[长次大小双幼]?[子女儿男]|新生儿.*"
    r"|babyboy.*|babygirl.*|newborn.*)[甲乙丙丁一二三四0-9a-d]{0,2}"
)

_ORDERS: Final = (
    ("大双", "甲", "一", "1", "a"),
    ("小双", "乙", "二", "2", "b"),
    ("丙", "三", "3", "c"),
    ("丁", "四", "4", "d"),
)
_ORDER = re.compile(rf"({'|'.join(mark for marks in _ORDERS for mark in marks)})\Z")


@lru_cache(maxsize=65536)
def normal_name(text: str) -> str:
    """NFKC; lower case; a Chinese name simplified, without spaces and with one dot (`·`); single spaces."""
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text[:_LONGEST]).casefold())
    if _CHINESE.search(name):
        tight = _SPACE.sub("", name)
        name = simplified(_DOT.sub("·", _NOTE.sub("", tight) or tight).strip("·"))
    else:
        name = _SPACE.sub(" ", _DOT.sub(" ", name)).strip()
    return unicodedata.normalize("NFKC", name)  # an accent may have met its letter


@lru_cache(maxsize=65536)
def is_placeholder(name: str) -> bool:
    """Whether a normal name stands for a person whose name nobody knew."""
    tight = name.replace(" ", "")
    return tight in _PLACEHOLDERS or _PLACEHOLDER.fullmatch(tight) is not None


@lru_cache(maxsize=65536)
def is_newborn(name: str) -> bool:
    """Whether a normal name says whose child a newborn is, not who it is (`王芳之子`, `王芳大双`)."""
    return _NEWBORN.fullmatch(name.replace(" ", "")) is not None


@lru_cache(maxsize=65536)
def told_birth_order(name: str) -> int | None:
    """Which of twins or more a newborn's normal name says it is (`王芳大双` 1, `王芳之子乙` 2)."""
    found = _ORDER.search(name.replace(" ", "")) if is_newborn(name) else None
    if found is None:
        return None
    return 1 + next(at for at, marks in enumerate(_ORDERS) if found[1] in marks)


def is_chinese(name: str) -> bool:
    return _CHINESE.search(name) is not None


def is_near(one: str, other: str) -> bool:
    """Whether one character of a name is another, or there is one more."""
    if len(one) == len(other):
        return len(one) > 2 and sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and len(short) > 1 and long.startswith(short)


def text_from_human_name(human_name: dict[str, Any]) -> str:
    """The name as one text: `text` if it is Chinese or there are no parts, else family and given."""
    text = human_name.get("text", "")
    parts = [human_name.get("family", ""), *human_name.get("given", ())]
    joined = " ".join(part for part in parts if isinstance(part, str) and part)
    if not joined or (isinstance(text, str) and _CHINESE.search(text)):
        return text if isinstance(text, str) else ""
    return joined
