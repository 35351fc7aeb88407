"""How a name sounds: `phonetic`.

The words of a name have rows in string_index under the id of the key `<element>.phonetic`
(`Patient.name.phonetic`): the American Soundex of a Latin word (`r163`); of a Chinese name its pinyin without
tones, as a whole and of family and given name. They have no exact value and no grams. `sought_sounds(value)`
gives groups: of each group one value must be there (equal, not by prefix).

https://hl7.org/fhir/R4/patient.html#search and https://www.archives.gov/research/census/soundex
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from exchange.search.value.pinyin import pinyin_forms
from exchange.search.value.text import is_chinese, normalised

_WORD: Final = re.compile(r"[^\W\d_]+")
_CODES: Final = {
    letter: code
    for code, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), start=1)
    for letter in letters
}
_SILENT: Final = frozenset("hw")
# A longer word is rare, and must not fill the memory.
_LONGEST_CACHED: Final = 64


def soundex(word: str) -> str:
    """The American Soundex of a word in small Latin letters: its first letter and three digits."""
    code, last = word[0], _CODES.get(word[0])
    for letter in word[1:]:
        digit = _CODES.get(letter)
        if digit is not None and digit != last:
            code += str(digit)
        if letter not in _SILENT:
            last = digit
    return f"{code[:4]:0<4}"


def sounds(name: Mapping[str, Any] | str) -> tuple[str, ...]:
    """What a HumanName or another name sounds like."""
    if isinstance(name, str):
        return tuple(dict.fromkeys(each for part in name.split() for each in _of_word("text", part)))
    family, given = name.get("family") or "", [each for each in name.get("given", ()) if each]
    whole = family + "".join(given)
    found = [*_of_text("text", name.get("text") or ""), *_of_text("family", family)]
    found += [each for part in given for each in _of_text("given", part)]
    if is_chinese(whole):
        found += _of_word("text", whole)
    return tuple(dict.fromkeys(found))


def sought_sounds(value: str) -> tuple[tuple[str, ...], ...]:
    """Each word's ways to sound; none if there is no word."""
    groups = []
    for word in value.split():
        plain = normalised(word)
        sought = dict.fromkeys(each for part in ("text", "given") for each in _of_word(part, word))
        if plain.isascii() and plain.isalpha():
            sought[plain] = None
        if sought:
            groups.append(tuple(sought))
    return tuple(groups)


def _of_text(part: str, text: str) -> list[str]:
    return [each for word in text.split() for each in _of_word(part, word)]


def _of_word(part: str, word: str) -> tuple[str, ...]:
    return _cached(part, word) if len(word) <= _LONGEST_CACHED else _worked_out(part, word)


def _worked_out(part: str, word: str) -> tuple[str, ...]:
    if is_chinese(word):
        return tuple(pinyin_forms(part, word)[:1])
    return tuple(soundex(latin) for latin in _WORD.findall(normalised(word)) if latin.isascii())


_cached = lru_cache(maxsize=1 << 13)(_worked_out)
