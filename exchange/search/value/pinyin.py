"""Chinese person names in Latin letters: pinyin without tones, and initials.

A part of a HumanName that is written in Chinese has further rows in string_index, under the *negative* id of
its source, which `:exact` and `:contains` never ask for: its pinyin (`zhangsan`) and, if they are not the
beginning of that, its initials (`zs`). They have no exact value and no grams. `sought_pinyin(value)` is what
to look for by prefix under the negative ids, beside the value itself under the positive ones.

https://hl7.org/fhir/R4/search.html#string
"""

import re
from collections.abc import Callable, Container, Iterable
from functools import cache, lru_cache
from typing import Any, Final, cast

from exchange.search.value.text import normalised

# Surnames that sound otherwise than the character mostly does; where families differ, in both ways.
_LISTED: Final = """
仇:qiu 单:shan 解:xie 曾:zeng 任:ren 区:ou 查:zha 朴:piao/pu 盖:ge/gai 翟:zhai/di 卜:bu 缪:miao
乐:yue/le 燕:yan 尉:wei 华:hua 那:na 冼:xian 洗:xian 折:she 员:yun 秘:bi 祭:zhai 覃:qin/tan 种:chong
召:shao 逄:pang 隗:wei/kui 宓:fu/mi 葛:ge 阚:kan 句:gou 车:che 过:guo 哈:ha 黑:he/hei 繁:po/fan
瞿:qu 谌:chen/shen 都:du 藏:zang 能:nai 长:chang 重:chong 便:pian 适:kuo 石:shi 万:wan 沈:shen
费:fei/bi 柏:bai/bo 郗:xi/chi 郇:xun/huan 晁:chao
"""
_COMPOUND_LISTED: Final = """
尉迟:yu-chi 万俟:mo-qi 澹台:tan-tai 单于:chan-yu 长孙:zhang-sun 宰父:zai-fu 夏侯:xia-hou 诸葛:zhu-ge
皇甫:huang-fu 令狐:ling-hu 慕容:mu-rong 欧阳:ou-yang 司马:si-ma 上官:shang-guan 司徒:si-tu
东方:dong-fang 独孤:du-gu 南宫:nan-gong 闻人:wen-ren 宇文:yu-wen 公孙:gong-sun 轩辕:xuan-yuan
钟离:zhong-li 太史:tai-shi 申屠:shen-tu 呼延:hu-yan 赫连:he-lian 濮阳:pu-yang 淳于:chun-yu
公冶:gong-ye 鲜于:xian-yu 百里:bai-li 东郭:dong-guo 端木:duan-mu 拓跋:tuo-ba
"""
_SURNAMES: Final = dict(entry.split(":") for entry in _LISTED.split())
_COMPOUND: Final = dict(entry.split(":") for entry in _COMPOUND_LISTED.split())
NAMES: Final = frozenset(("HumanName", "HumanName.family", "HumanName.given", "HumanName.text"))
"""The data types of the sources that have pinyin."""

_LETTERS: Final = re.compile(r"[a-z]+")
_SEPARATORS: Final = re.compile(r"[\s'’·.-]+")
# Of longer ones, to look for words in them would take as long as to read them.
_NAME: Final = 4


@lru_cache(maxsize=1 << 14)
def pinyin_forms(part: str, name: str) -> tuple[str, ...]:
    """What the part of a name (`family`, `given`, `text`) or a whole name is found by beside itself; nothing
    of a name that is not Chinese."""
    kept = _SEPARATORS.sub("", name)
    surname = "" if part == "given" else _surname(kept)
    rest = _syllables(kept[len(surname) :])
    found: dict[str, None] = {}
    for reading in _readings(surname):
        syllables = [*reading, *rest]
        if not all(_LETTERS.fullmatch(each) for each in syllables):
            return ()
        found |= dict.fromkeys(_spellings("".join(syllables)))
        found["".join(syllable[0] for syllable in syllables)] = None
    return tuple(each for each in found if not _is_beginning(each, found))


# Far fewer than whole names.
@lru_cache(maxsize=1 << 14)
def _syllables(characters: str) -> tuple[str, ...]:
    if 1 < len(characters) <= _NAME and _are_read_alone(characters):
        return tuple(each for character in characters for each in _syllables(character))
    return tuple(_lazy_pinyin()(characters))


def _are_read_alone(characters: str) -> bool:
    """Whether no character's neighbours change how it is read: the dictionary has no word of them."""
    readings, words = _dictionaries()
    ends = range(2, len(characters) + 1)
    return all(ord(each) in readings for each in characters) and not any(
        characters[start:end] in words for end in ends for start in range(end - 1)
    )


def _is_beginning(form: str, forms: Iterable[str]) -> bool:
    return any(other != form and other.startswith(form) for other in forms)


def sought_pinyin(value: str) -> str:
    """The value as pinyin or initials are compared; empty if it cannot be either."""
    letters = _SEPARATORS.sub("", normalised(value.replace("ü", "v").replace("Ü", "v")))
    return letters if _LETTERS.fullmatch(letters) else ""


def _surname(name: str) -> str:
    """The surname at the beginning of a name, if it is one of those that are listed."""
    if name[:2] in _COMPOUND:
        return name[:2]
    return name[:1] if name[:1] in _SURNAMES else ""


def _readings(surname: str) -> list[list[str]]:
    """The syllables of a surname, in each of the ways that it is read."""
    if surname in _COMPOUND:
        return [_COMPOUND[surname].split("-")]
    return [[each] for each in _SURNAMES[surname].split("/")] if surname else [[]]


def _spellings(pinyin: str) -> list[str]:
    """With `v` for ü as it is typed, with `u` as it is often written, and as passports have it (`lyu`)."""
    if "v" not in pinyin:
        return [pinyin]
    return [pinyin.replace("v", letters) for letters in ("v", "u", "yu")]


@cache
def _lazy_pinyin() -> Callable[..., list[str]]:
    # The dictionary takes 0.1 s to load, so the first Chinese name pays for it and not every import.
    from pypinyin import lazy_pinyin

    return cast(Callable[..., list[Any]], lazy_pinyin)


@cache
def _dictionaries() -> tuple[Container[int], Container[str]]:
    """What has readings of its own: characters, and words."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    return PINYIN_DICT, PHRASES_DICT
