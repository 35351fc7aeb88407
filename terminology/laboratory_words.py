"""Words of laboratories that mean the same, in Chinese and English: specimens, components, properties.

https://loinc.org/get-started/loinc-term-basics/ (component, property, system)
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

Meaning = tuple[str, str]
"""A kind and a key: `("specimen", "serum")`."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a word in lower case means; all words of a meaning; and the words, longer ones first."""

    meanings: Mapping[str, Sequence[Meaning]]
    synonyms: Mapping[Meaning, Sequence[str]]
    longest_first: Sequence[str]


@cache
def laboratory_words() -> Words:
    known: dict[str, list[Meaning]] = {}
    synonyms: dict[Meaning, Sequence[str]] = {}
    text = files("terminology").joinpath("laboratory_words.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        meaning = (row["kind"], row["key"])
        synonyms[meaning] = [word.replace("_", " ").lower() for word in row["words"].split()]
        for word in synonyms[meaning]:
            known.setdefault(word, []).append(meaning)
    return Words(known, synonyms, sorted(known, key=len, reverse=True))


def meanings(name: str) -> dict[str, frozenset[str]]:
    """The keys of what a name says, by kind: `serum` creatinine. A longer word goes before those in it."""
    words, left = laboratory_words(), f" {' '.join(name.lower().replace('_', ' ').split())} "
    found: dict[str, set[str]] = {}
    for word in words.longest_first:
        at = left.find(word)
        if at >= 0 and _stands(word, words.meanings[word][0][0], left, at):
            for kind, key in words.meanings[word]:
                found.setdefault(kind, set()).add(key)
            left = left[:at] + GONE + left[at + len(word) :]
    return {kind: frozenset(keys) for kind, keys in found.items()}


def _stands(word: str, kind: str, text: str, at: int) -> bool:
    """Whether it is a word here: Latin ones are bounded; one Chinese character is a specimen at the beginning
    (尿肌酐, but not 糖尿病), and a component by itself (血清钾, but not 氯吡格雷)."""
    before, after = text[at - 1 : at], text[at + len(word)]
    if word.isascii():
        return not (_is_latin(before) or _is_latin(after))
    return len(word) > 1 or (not before.isalpha() and (kind == "specimen" or not after.isalpha()))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


# What was understood stands for nothing else.
GONE: Final = "\x00"
