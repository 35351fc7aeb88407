"""Concepts by what they are called: beginnings of words, Chinese characters, pinyin initials.

https://hl7.org/fhir/R4/valueset-operation-expand.html (`filter`)
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from pypinyin import Style, lazy_pinyin
from pyroaring import BitMap

from terminology.code_system import CodeSystem

# U+3400 to U+9FFF and the compatibility ideographs, and those beyond the basic plane
_HAN: Final = "㐀-鿿豈-﫿\U00020000-\U0003ffff"
_PIECES: Final = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN: Final = re.compile(rf"[{_HAN}]")


@dataclass(frozen=True, slots=True)
class TextIndex:
    """`words` are sorted, `having` the concepts of each; `grams` are of one and of two Chinese characters."""

    words: tuple[str, ...]
    having: tuple[BitMap, ...]
    grams: dict[str, BitMap]

    def matching(self, text: str) -> BitMap:
        """Concepts that have every piece of the text: a word by its beginning, Chinese as it stands."""
        found: BitMap | None = None
        for piece in _PIECES.findall(text.lower()):
            there = self._han(piece) if _IS_HAN.match(piece) else self._beginning(piece)
            found = there if found is None else found & there
        return BitMap() if found is None else found

    def _beginning(self, piece: str) -> BitMap:
        start = bisect_left(self.words, piece)
        end = bisect_left(self.words, piece + "\U0010ffff")
        return BitMap.union(*self.having[start:end]) if start < end else BitMap()

    def _han(self, piece: str) -> BitMap:
        grams = [piece] if len(piece) == 1 else [a + b for a, b in pairwise(piece)]
        return BitMap.intersection(*(self.grams.get(gram, BitMap()) for gram in grams))


def text_index(system: CodeSystem) -> TextIndex:
    words: defaultdict[str, list[int]] = defaultdict(list)
    grams: defaultdict[str, list[int]] = defaultdict(list)
    for number, code in enumerate(system.codes):
        called = dict.fromkeys(text for text in _called(system, number) if text)
        pieces = dict.fromkeys(piece for text in (code, *called) for piece in _pieces(text))
        for piece in pieces:
            if _IS_HAN.match(piece):
                for gram in {*piece, *(a + b for a, b in pairwise(piece))}:
                    grams[gram].append(number)
                for word in _endings(_initials(piece)):
                    words[word].append(number)
            else:
                words[piece].append(number)
    ordered = sorted(words)
    bitmaps = tuple(BitMap(words[word]) for word in ordered)
    return TextIndex(tuple(ordered), bitmaps, {gram: BitMap(numbers) for gram, numbers in grams.items()})


def _called(system: CodeSystem, number: int) -> Iterable[str]:
    if "designation" not in system.entries[number] and not system.added:
        return (system.displays[number],)
    return (each.value for each in system.designations(number))


def _pieces(text: str) -> Iterator[str]:
    yield from _PIECES.findall(text.lower())


def _endings(initials: str) -> list[str]:
    """`xtnb`, `tnb`, `nb`: who looks for a part of a name begins there."""
    return [initials[at:] for at in range(max(1, len(initials) - 1))]


@lru_cache(65_536)
def _initials(piece: str) -> str:
    """`gxy` of 高血压."""
    return "".join(lazy_pinyin(piece, style=Style.FIRST_LETTER)).lower()


def passes(text: str, called: Iterable[str]) -> bool:
    """The same of one concept that has names of its own in a value set."""
    pieces = [piece for name in called for piece in _pieces(name)]
    return bool(text.strip()) and all(_has(pieces, piece) for piece in _pieces(text))


def _has(pieces: Iterable[str], wanted: str) -> bool:
    if _IS_HAN.match(wanted):
        return any(wanted in piece for piece in pieces)
    return any(
        wanted in _initials(each) if _IS_HAN.match(each) else each.startswith(wanted) for each in pieces
    )
