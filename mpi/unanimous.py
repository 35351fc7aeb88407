"""Records of which whole columns show that, decided anew, they come to one person as they have now.

Most components of an index are of one resident whose records agree: each shares a number, or more than enough
of name, birth date, telephone and address, with one that came before it, and nothing speaks against any pair.
What is not shown here is decided one record after another (`mpi.relink`). Pure; `mpi.compare` and `mpi.weigh`
say the same of two records.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mpi.compare import is_borrowed
from mpi.normalisation.citizen_id import is_number_of
from mpi.normalisation.demographics import Demographics
from mpi.weigh import Scale, telling

Places = NDArray[np.int64]
Codes = NDArray[np.int64]
Holds = NDArray[np.bool_]

LARGEST: Final = 64
"""Larger components have more pairs than are worth looking at together."""

_WHOLE_DAY: Final = len("yyyy-mm-dd")
# Two ways to add weights may differ in the last digit.
_MARGIN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Fact:
    """`codes[record]` is the number of what the record says, 0 if it says nothing; `single[number]`: whether
    that is one value."""

    codes: Codes
    values: tuple[Hashable, ...]

    def same(self, one: Places, other: Places) -> Holds:
        return np.asarray((self.codes[one] == self.codes[other]) & (self.codes[one] > 0))

    def compatible(self, one: Places, other: Places) -> Holds:
        """Whether both say the same or one of them nothing."""
        mine, theirs = self.codes[one], self.codes[other]
        return np.asarray((mine == theirs) | (mine == 0) | (theirs == 0))

    def of(self, worth: Callable[[Hashable], float]) -> NDArray[np.float64]:
        """What each value is worth; 0 for none."""
        return np.asarray([0.0, *(worth(value) for value in self.values[1:])])

    def where(self, holds: Callable[[Hashable], bool]) -> Holds:
        return np.asarray([False, *(holds(value) for value in self.values[1:])], np.bool_)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the records of a part say, as columns."""

    names: Fact
    pinyin: Fact
    birth_date: Fact
    gender: Fact
    birth_order: Fact
    citizen_ids: Fact
    cards: Fact
    phones: Fact
    addresses: Fact
    newborn: Holds
    borrowing: Holds


def facts_of(records: Sequence[Demographics], by: Scale) -> Facts:
    return Facts(
        _fact(each.names for each in records),
        _fact(each.pinyin for each in records),
        _fact(each.birth_date for each in records),
        _fact(each.gender for each in records),
        _fact("" if each.birth_order is None else each.birth_order + 1 for each in records),
        _fact(each.citizen_ids for each in records),
        _fact(each.cards for each in records),
        _fact(telling(each.phones, by) for each in records),
        _fact(telling(each.addresses, by) for each in records),
        np.asarray([each.newborn for each in records], np.bool_),
        np.asarray([_borrows(each) for each in records], np.bool_),
    )


def _borrows(record: Demographics) -> bool:
    """Whether the record stands under somebody else's number."""
    numbers, born = record.citizen_ids, record.birth_date
    own = not numbers or any(is_number_of(number, born) for number in numbers)
    return not own and is_borrowed(record)


def unanimous(
    facts: Facts, persons: Sequence[int], sizes: Sequence[int], following: Holds, by: Scale
) -> Holds:
    """Which components come to the one person that all their records have. Records stand component by
    component, each in the order in which they came; `following`: which share a key with an earlier one."""
    lengths = np.asarray(sizes, np.int64)
    component = np.repeat(np.arange(len(lengths)), lengths)
    begins = np.cumsum(lengths) - lengths
    holds: Holds = lengths <= LARGEST
    whose = np.asarray(persons, np.int64)
    one, other = _pairs(np.where(holds, lengths, 0)[component], begins[component])
    led = np.zeros(len(whose), np.bool_)
    led[begins] = True
    led[other[_linking(facts, one, other, by)]] = True
    begun = np.zeros(len(whose), np.bool_)
    begun[begins] = True
    doubt = (whose != whose[begins[component]]) | ~led | ~(begun | following)
    holds[component[doubt]] = False
    holds[component[one[~_agreeing(facts, one, other)]]] = False
    return holds


def _pairs(sizes: Places, begins: Places) -> tuple[Places, Places]:
    """Every pair within a component, the earlier record first."""
    ends, at = begins + sizes, np.arange(len(sizes))
    ones, others = [at[:0]], [at[:0]]
    for distance in range(1, LARGEST):
        at = at[at + distance < ends[at]]
        if not len(at):
            break
        ones.append(at)
        others.append(at + distance)
    return np.concatenate(ones), np.concatenate(others)


def _agreeing(facts: Facts, one: Places, other: Places) -> Holds:
    """Pairs against which no guard speaks: their names agree, nothing else differs that tells, and they share
    nobody else's number."""
    named = facts.names.same(one, other) | facts.pinyin.same(one, other)
    named &= ~(facts.citizen_ids.same(one, other) & (facts.borrowing[one] | facts.borrowing[other]))
    told = (facts.citizen_ids, facts.gender, facts.birth_order)
    return np.asarray(named & np.logical_and.reduce([fact.compatible(one, other) for fact in told]))


def _linking(facts: Facts, one: Places, other: Places, by: Scale) -> Holds:
    """Pairs that share what links: a number, or enough of the rest."""
    numbered = facts.citizen_ids.same(one, other) | facts.cards.same(one, other)
    return np.asarray(numbered | _alike(facts, one, other, by))


def _alike(facts: Facts, one: Places, other: Places, by: Scale) -> Holds:
    """As `mpi.weigh.support` finds demographics: one name and birth date in common, and enough bits."""
    grown = ~(facts.newborn[one] | facts.newborn[other])
    found = grown & facts.names.same(one, other) & facts.birth_date.same(one, other)
    found &= facts.names.where(_is_single)[facts.names.codes[one]] & facts.gender.compatible(one, other)
    bits = by.prior + facts.names.of(lambda told: by.name(_only(told)))[facts.names.codes[one]]
    bits = bits + by.bits["birth-date"]["equal"] + facts.gender.same(one, other) * by.bits["gender"]["equal"]
    near = np.zeros(len(one), np.bool_)
    for name, fact in (("phone", facts.phones), ("address", facts.addresses)):
        same = fact.same(one, other)
        differs = ~fact.compatible(one, other)
        single = fact.where(_is_single)
        found &= ~differs | (single[fact.codes[one]] & single[fact.codes[other]])
        bits = bits + same * by.bits[name]["equal"] + differs * by.bits[name]["different"]
        near |= same
    alone = facts.names.where(lambda told: by.model.strangers(_only(told)) <= by.model.strangers_at_most)
    nobody_else = alone[facts.names.codes[one]] & facts.gender.same(one, other)
    nobody_else &= facts.birth_date.where(_is_day)[facts.birth_date.codes[one]]
    return np.asarray(found & (bits >= by.model.link_at + _MARGIN) & (near | nobody_else))


def _is_single(told: Hashable) -> bool:
    return isinstance(told, tuple) and len(told) == 1


def _only(told: Hashable) -> str:
    assert isinstance(told, tuple)
    name: str = told[0]
    return name


def _is_day(told: Hashable) -> bool:
    """Whether it is a whole date, and none that stands for an unknown one."""
    return isinstance(told, str) and len(told) >= _WHOLE_DAY and not told.endswith("-01-01")


def _fact(values: Iterable[Hashable]) -> Fact:
    numbers: defaultdict[Hashable, int] = defaultdict(count(1).__next__, {"": 0, (): 0})
    codes = np.fromiter(map(numbers.__getitem__, values), np.int64)
    return Fact(codes, (None, *(list(numbers)[2:])))
