"""Which concepts of a standard a hospital's own code may mean, ranked by how alike they are called. Pure.

Candidates come from the text index of the code system; each is then compared name by name: characters and
their pairs for Chinese, words for other scripts, pinyin initials, and what laboratories call the same thing.

https://rapidfuzz.github.io/RapidFuzz/
"""

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from unicodedata import normalize

from pyroaring import BitMap
from rapidfuzz import fuzz

from terminology.algebra import index_of
from terminology.code_system import CodeSystem
from terminology.filters import Bits
from terminology.laboratory_words import laboratory_words, meanings
from terminology.text_filter import TextIndex, called, initials_of, is_han, pieces

# So many candidates are compared name by name, and so many concepts looked at to find them.
COMPARED: Final = 300
MOST_LOOKED_AT: Final = 400_000
LEAST: Final = 0.3
SAME_CODE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Proposal:
    """`score` from 0 to 1; `reasons` say what speaks for it."""

    system: str
    code: str
    display: str
    score: float
    reasons: tuple[str, ...]


def proposals(
    targets: Sequence[tuple[CodeSystem, Bits]], code: str, display: str, count: int
) -> list[Proposal]:
    """The best of some concepts for a code and what it is called."""
    found = [
        _proposal(system, number, code, display)
        for system, numbers in targets
        for number in _candidates(system, numbers, code, display)
    ]
    ranked = sorted(found, key=lambda each: (-each.score, len(each.display), each.code))
    return [each for each in ranked[:count] if each.score >= LEAST]


def _candidates(system: CodeSystem, numbers: Bits, code: str, display: str) -> list[int]:
    index: TextIndex = index_of(system)
    weights: dict[int, float] = {}
    looked_at = 0
    for gram in sorted(_grams(index, display or code), key=len):
        fitting = gram & numbers
        looked_at += len(fitting)
        if looked_at > MOST_LOOKED_AT and weights:
            break
        weight = math.log1p(len(system) / (1 + len(gram)))
        for number in fitting:
            weights[number] = weights.get(number, 0) + weight
    best = heapq.nlargest(COMPARED, weights, key=weights.__getitem__)
    same = system.number(code)
    return best if same is None or same not in numbers or same in best else [*best, same]


def _grams(index: TextIndex, text: str) -> Iterator[BitMap]:
    """What has each part of the text, or of what means the same."""
    words = laboratory_words()
    spoken = [text, *(s for pair in _keys(text) if pair[0] == "component" for s in words.synonyms[pair])]
    for piece in {piece for each in spoken for piece in pieces(each)}:
        if is_han(piece):
            grams = [piece] if len(piece) == 1 else [piece[at : at + 2] for at in range(len(piece) - 1)]
            yield from (index.han[gram] for gram in grams if gram in index.han)
        else:
            yield index.beginning(piece)
            if len(piece) > 1 and piece.isalpha():
                yield index.matching(piece)


def _keys(text: str) -> list[tuple[str, str]]:
    return [(kind, key) for kind, keys in meanings(text).items() for key in keys]


def _proposal(system: CodeSystem, number: int, code: str, display: str) -> Proposal:
    names = [name for name in islice(called(system, number), 20) if name]
    scored = max(((likeness(display or code, name), name) for name in names), default=(0.0, ""))
    score, reasons = scored[0], [f"name {scored[0]:.2f}: {scored[1]}"] if scored[0] else []
    score, told = _by_words(display or code, names, score)
    reasons += told
    if system.codes[number].lower() == code.lower():
        score = max(SAME_CODE + 0.4 * score, SAME_CODE)
        reasons.append("the same code")
    return Proposal(
        system.url, system.codes[number], system.displays[number], round(min(score, 1.0), 3), tuple(reasons)
    )


def _by_words(display: str, names: Sequence[str], score: float) -> tuple[float, list[str]]:
    """What laboratories' words say: a component found again speaks for it, another specimen against it."""
    own, other = meanings(display), _all_meanings(names)
    reasons = []
    shared = own.get("component", frozenset()) & other.get("component", frozenset())
    if shared:
        score = max(score, 0.7 + 0.3 * score)
        reasons.append(f"component {', '.join(sorted(shared))}")
        score -= 0.05 * len(other["component"] - own["component"])
    elif own.get("component") and other.get("component"):
        score *= 0.5
    for kind, more, less in (("specimen", 0.05, 0.25), ("property", 0.03, 0.05)):
        one, two = own.get(kind, frozenset()), other.get(kind, frozenset())
        if one & two:
            score += more
            reasons.append(f"{kind} {', '.join(sorted(one & two))}")
        elif one and two:
            score -= less
    return score, reasons


def _all_meanings(names: Sequence[str]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for name in names:
        for kind, keys in meanings(name).items():
            found[kind] = found.get(kind, frozenset()) | keys
    return found


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1; the same for both ways."""
    a, b = one.lower().strip(), other.lower().strip()
    if a == b:
        return 1.0
    han, same_numbers = (_han(a), _han(b)), _numbers(a) == _numbers(b)
    if all(han):
        return (0.95 if same_numbers else 0.75) * max(_dice(*han), 0.9 * _initials(a, b))
    if any(han):
        return 0.8 * _initials(a, b)
    return 0.0095 * max(fuzz.token_set_ratio(a, b) * 0.95, fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b))


def _han(text: str) -> str:
    return "".join(piece for piece in pieces(text) if is_han(piece))


def _dice(one: str, other: str) -> float:
    """Characters and pairs of characters that both have, of those that either has."""
    a, b = _parts(one), _parts(other)
    return 2 * (a & b).total() / (a.total() + b.total())


def _parts(text: str) -> Counter[str]:
    return Counter([*text, *(text[at : at + 2] for at in range(len(text) - 1))])


def _numbers(text: str) -> list[str]:
    """2 of 2型, II型 and Ⅱ型: what differs by a number only is something else."""
    plain = normalize("NFKC", text).lower()
    return sorted(re.findall(r"\d+", _ROMAN.sub(lambda found: str(_ROMANS.index(found[0]) + 1), plain)))


def _initials(one: str, other: str) -> float:
    """1 if one is how the other's characters begin: `xhdb` for 血红蛋白."""
    a, b = (initials_of(_han(each)) or each for each in (one, other))
    return 1.0 if a == b and len(a) > 1 else 0.0


_ROMANS: Final = ("i", "ii", "iii", "iv", "v")
_ROMAN: Final = re.compile(r"(?<![a-z])(?:iv|v|i{1,3})(?=[型期度级])")
