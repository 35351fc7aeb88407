"""Concepts by what they are called: beginnings of words, Chinese characters, pinyin initials.

https://hl7.org/fhir/R4/valueset-operation-expand.html (`filter`)
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyroaring import BitMap

from terminology.code_system import CodeSystem

# U+3400 to U+9FFF and the compatibility ideographs, and those beyond the basic plane
_HAN: Final = "㐀-鿿豈-﫿\U00020000-\U0003ffff"
_PIECES: Final = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
PAIR: Final = 2
TRIPLE: Final = 3
# Characters that are looked up together may stand apart; so many concepts are read to see that they do not.
MAX_READ: Final = 20_000


@dataclass(frozen=True, slots=True)
class TextIndex:
    """`words` are sorted, `having` the concepts of each; `han` are the concepts by one and by two characters
    that follow each other, `initials` by up to three: there are but 26 of them, so two say little."""

    system: CodeSystem
    words: tuple[str, ...]
    having: tuple[BitMap, ...]
    han: dict[str, BitMap]
    initials: dict[str, BitMap]

    def matching(self, text: str) -> BitMap:
        """Concepts that have every piece of the text: a word by its beginning, Chinese as it stands."""
        found: BitMap | None = None
        for piece in pieces(text):
            there = self._piece(piece)
            found = there if found is None else found & there
        return BitMap() if found is None else found

    def _piece(self, piece: str) -> BitMap:
        if is_han(piece):
            return self._exact(_together(self.han, piece, PAIR), piece, PAIR)
        found = self.beginning(piece)
        if piece.isascii() and piece.isalpha():
            found |= self._exact(_together(self.initials, piece, TRIPLE), piece, TRIPLE)
        return found

    def beginning(self, piece: str) -> BitMap:
        start = bisect_left(self.words, piece)
        end = bisect_left(self.words, piece + "\U0010ffff")
        return BitMap.union(*self.having[start:end]) if start < end else BitMap()

    def _exact(self, candidates: BitMap, piece: str, size: int) -> BitMap:
        if len(piece) <= size or len(candidates) > MAX_READ:
            return candidates
        names = ((number, called(self.system, number)) for number in candidates)
        return BitMap(number for number, known in names if passes(piece, known))


def _together(grams: dict[str, BitMap], piece: str, size: int) -> BitMap:
    wanted = [piece] if len(piece) <= size else _runs(piece, size)
    return BitMap.intersection(*(grams.get(gram, BitMap()) for gram in wanted))


def text_index(system: CodeSystem) -> TextIndex:
    words: defaultdict[str, list[int]] = defaultdict(list)
    han: defaultdict[str, list[int]] = defaultdict(list)
    initials: defaultdict[str, list[int]] = defaultdict(list)
    for number, code in enumerate(system.codes):
        for piece in {piece for name in (code, *called(system, number)) for piece in pieces(name)}:
            if is_han(piece):
                for gram in _grams(piece, PAIR):
                    han[gram].append(number)
                for gram in _grams(initials_of(piece), TRIPLE):
                    initials[gram].append(number)
            else:
                words[piece].append(number)
    ordered = sorted(words)
    having = tuple(BitMap(words[word]) for word in ordered)
    return TextIndex(system, tuple(ordered), having, _bitmaps(han), _bitmaps(initials))


def _grams(piece: str, most: int) -> set[str]:
    return {run for size in range(1, most + 1) for run in _runs(piece, size)}


def _runs(piece: str, size: int) -> list[str]:
    """What stands in it of so many characters."""
    return [piece[at : at + size] for at in range(len(piece) - size + 1)]


def _bitmaps(listed: dict[str, list[int]]) -> dict[str, BitMap]:
    return {gram: BitMap(numbers) for gram, numbers in listed.items()}


def called(system: CodeSystem, number: int) -> Iterator[str]:
    """All names of a concept."""
    yield system.displays[number]
    if system.added:
        yield from (each.value for each in system.designations(number))
    else:
        entry = system.entries[number]
        yield from (each.get("value", "") for each in entry.get("designation", ()))


def pieces(text: str) -> list[str]:
    """Words in lower case, and runs of Chinese characters."""
    found: list[str] = _PIECES.findall(text.lower())
    return found


def is_han(piece: str) -> bool:
    return piece[0] >= "㐀" and _is_han(piece[0])


@lru_cache(None)
def _is_han(character: str) -> bool:
    return re.match(f"[{_HAN}]", character) is not None


def initials_of(piece: str) -> str:
    """`gxy` of 高血压; each character by its usual reading: readings by phrase cost 200 µs a name."""
    return "".join(map(_initial, piece))


@lru_cache(None)
def _initial(character: str) -> str:
    from pypinyin import Style, lazy_pinyin  # half a second and 50 MB, for who needs it

    return "".join(lazy_pinyin(character, style=Style.FIRST_LETTER)).lower()


def passes(text: str, names: Iterable[str]) -> bool:
    """The same of one concept that is called so."""
    known = [piece for name in names for piece in pieces(name)]
    return bool(text.strip()) and all(_has(known, piece) for piece in pieces(text))


def _has(known: Iterable[str], wanted: str) -> bool:
    if is_han(wanted):
        return any(wanted in piece for piece in known)
    return any(wanted in initials_of(each) if is_han(each) else each.startswith(wanted) for each in known)
