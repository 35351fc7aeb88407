"""What a level of a comparison may ask of two values that differ, for many pairs at once.

Whatever depends on one value alone (how it sounds, whether it is a valid number, its characters) is found
once for each distinct value; of pairs only what is left is looked at.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase, digits
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from mpi.linkage import dates
from mpi.normalisation.citizen_id import citizen_id
from mpi.normalisation.names import is_near
from mpi.normalisation.nicknames import are_variants
from mpi.normalisation.pinyin import pinyin, pinyin_keys

Numbers = NDArray[np.int64]
Holds = NDArray[np.bool_]

# Names as long are compared as columns of characters.
_NAME: Final = 6
_DOT: Final = ord("·")
# Every digit as one, every letter as another.
_FORMS: Final = str.maketrans(dict.fromkeys(digits, "0") | dict.fromkeys(ascii_uppercase, "A"))


@dataclass(frozen=True, slots=True)
class Sides:
    """Pairs of values of one column, by their numbers in it; none is the missing value."""

    values: Sequence[str]
    one: Numbers
    other: Numbers

    def __len__(self) -> int:
        return len(self.one)

    def at(self, places: NDArray[Any]) -> "Sides":
        return Sides(self.values, self.one[places], self.other[places])

    @property
    def texts(self) -> tuple[list[str], list[str]]:
        values = self.values
        one, other = ([values[code] for code in codes.tolist()] for codes in (self.one, self.other))
        return one, other

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        return zip(*self.texts, strict=True)

    def distinct(self) -> tuple[list[str], Numbers, Numbers]:
        """Each value that occurs, once, and the places of both sides among these."""
        occurs = np.zeros(len(self.values), np.bool_)
        occurs[self.one] = occurs[self.other] = True
        found = np.flatnonzero(occurs)
        place = np.zeros(len(self.values), np.int64)
        place[found] = np.arange(len(found))
        return [self.values[code] for code in found.tolist()], place[self.one], place[self.other]


Test = Callable[[Sides, float], Holds]


def _same(form: Callable[[str, int], Hashable]) -> Test:
    """Both have one form; `form` takes the bound, too."""

    def test(sides: Sides, bound: float) -> Holds:
        texts, one, other = sides.distinct()
        numbers: dict[Hashable, int] = {}
        size = int(bound)
        made = [numbers.setdefault(form(text, size), len(numbers)) for text in texts]
        codes = np.asarray(made, np.int64)
        return np.asarray(codes[one] == codes[other])

    return test


def _of_dates(relation: Callable[[dates.Digits, dates.Digits], Holds]) -> Test:
    def test(sides: Sides, bound: float) -> Holds:
        texts, one, other = sides.distinct()
        written = dates.digits(texts)
        return relation(written[one], written[other])

    return test


def _each(holds: Callable[[str, str], bool]) -> Test:
    def test(sides: Sides, bound: float) -> Holds:
        return np.fromiter((holds(one, other) for one, other in sides.pairs), np.bool_, len(sides))

    return test


def _jaro_winkler(sides: Sides, bound: float) -> Holds:
    found = process.cpdist(
        *sides.texts, scorer=JaroWinkler.normalized_similarity, score_cutoff=bound, dtype=np.float32
    )
    return np.asarray(found >= np.float32(bound))


def _tokens(sides: Sides, bound: float) -> Holds:
    """The same words in another order, some left out."""
    found = process.cpdist(
        *sides.texts, scorer=fuzz.token_set_ratio, score_cutoff=100 * bound, dtype=np.float32
    )
    return np.asarray(found >= 100 * bound)


def _edits(sides: Sides, bound: float) -> Holds:
    """Insertions, deletions, changes, and neighbours that have changed places."""
    found = process.cpdist(*sides.texts, scorer=OSA.distance, score_cutoff=int(bound), dtype=np.int32)
    return np.asarray(found <= bound)


def _mistyped(sides: Sides, bound: float) -> Holds:
    """As many edits that no other number explains, for numbers of one kind are of one form: a sign too many
    or too few, a letter among digits, neighbours that have changed places."""
    found = _edits(sides, bound)
    near = np.flatnonzero(found)
    found[near] = [not _are_of_one_form(one, other) for one, other in sides.at(near).pairs]
    return found


def _are_of_one_form(one: str, other: str) -> bool:
    return one.translate(_FORMS) == other.translate(_FORMS) and sorted(one) != sorted(other)


def _sound(sides: Sides, bound: float) -> Holds:
    """Two Chinese names, or one and its letters (`宋良山`, `Liangshan Song`)."""
    texts, one, other = sides.distinct()
    chinese = np.fromiter((text[:1] > "\u2fff" for text in texts), np.bool_, len(texts))
    numbers: dict[str, int] = {}
    sounds = [
        numbers.setdefault(pinyin(text), len(numbers)) if is_chinese else 0
        for text, is_chinese in zip(texts, chinese.tolist(), strict=True)
    ]
    codes = np.asarray(sounds, np.int64)
    found: Holds = chinese[one] & chinese[other] & (codes[one] == codes[other])
    mixed = np.flatnonzero(chinese[one] != chinese[other])
    found[mixed] = [not set(pinyin_keys(a)).isdisjoint(pinyin_keys(b)) for a, b in sides.at(mixed).pairs]
    return found


def _both_valid(sides: Sides, bound: float) -> Holds:
    """Two numbers for life, neither mistyped."""
    texts, one, other = sides.distinct()
    valid = np.fromiter((citizen_id(text) is not None for text in texts), np.bool_, len(texts))
    return np.asarray(valid[one] & valid[other])


def _near(sides: Sides, bound: float) -> Holds:
    """One character is another, or one more (`mpi.normalisation.names.is_near`)."""
    texts, one, other = sides.distinct()
    sizes = np.fromiter((_NAME + 1 if "\0" in text else len(text) for text in texts), np.int64, len(texts))
    characters = np.array(texts, f"U{_NAME}").view(np.uint32).reshape(-1, _NAME)
    left, right = sizes[one], sizes[other]
    differ = characters[one] != characters[other]
    changed = (left == right) & (left > 2) & (differ.sum(axis=1) == 1)
    short = np.minimum(left, right)
    begins = (left != right) & (short > 1) & (differ.argmax(axis=1) == short)
    after = np.minimum(short, _NAME - 1)
    rows = characters[np.where(left > right, one, other), after]
    found: Holds = changed | (begins & ((np.maximum(left, right) - short == 1) | (rows == _DOT)))
    long = np.flatnonzero((left > _NAME) | (right > _NAME))
    found[long] = [is_near(a, b) for a, b in sides.at(long).pairs]
    return found


def _part(sides: Sides, bound: float) -> Holds:
    """One is the end of the other, as the last four digits of a number."""
    size = int(bound)
    ends = (min(len(a), len(b)) >= size and (a.endswith(b) or b.endswith(a)) for a, b in sides.pairs)
    return np.fromiter(ends, np.bool_, len(sides))


TESTS: Final[Mapping[str, Test]] = MappingProxyType(
    {
        "jaro-winkler": _jaro_winkler,
        "tokens": _tokens,
        "edits": _edits,
        "mistyped": _mistyped,
        "sound": _sound,
        "near": _near,
        "both-valid": _both_valid,
        "variant": _each(are_variants),
        "beginning": _same(lambda text, size: text[:size]),
        "part": _part,
        "ending": _same(lambda text, size: text[-size:]),
        "year": _same(lambda text, _: text[:4]),
        "as-far-as-known": _of_dates(dates.as_far_as_known),
        "slip": _of_dates(dates.slip),
        "swapped": _of_dates(dates.swapped),
        "default-day": _of_dates(dates.default_day),
        "lunar": _of_dates(dates.lunar),
    }
)
"""`equal`, `crossed` and `else` need no look at the texts."""
