"""What two records share, and what speaks against their being one person.

Pure and symmetric: `compare(a, b)` equals `compare(b, a)`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from mpi.normalisation.citizen_id import citizen_id
from mpi.normalisation.demographics import Demographics
from mpi.normalisation.implied import is_anothers
from mpi.other_names import in_common
from mpi.weigh import SCALE, Levels, Scale, bits_of, levels_of, support

Relation = Literal["agree", "differ", "unknown"]

# Names agree if any two are equal or sound alike, birth dates as far as both are precise.
_RELATIONS: Final[Mapping[str, Relation]] = MappingProxyType(
    {
        "": "unknown",
        "equal": "agree",
        "sound": "agree",
        "as-far-as-known": "agree",
        "near": "differ",
        "different": "differ",
        "swapped": "differ",
        "slip": "differ",
        "default-day": "differ",
        "lunar": "differ",
    }
)


_CHILD: Final = "子女儿"


class Comparison(msgspec.Struct, frozen=True):
    """`evidence`: what both have (`citizen-id`, `card`), or how much the rest of what they say speaks for one
    person (`demographics`, `likely`), with the `bits` of that. `conflicts`: the guards that forbid a link."""

    evidence: frozenset[str]
    conflicts: frozenset[str]
    bits: float


def compare(one: Demographics, other: Demographics, by: Scale = SCALE) -> Comparison:
    """Evidence and conflicts of two records."""
    levels = levels_of(one, other, by)
    bits = bits_of(one, other, levels, by)
    found = set()
    if _share_number(one, other) and not _is_anothers_number(one, other, levels):
        found.add("citizen-id")
    if _share_card(one, other) and not _is_strangers(one, other, levels):
        found.add("card")
    if not one.newborn and not other.newborn and (told := support(one, other, levels, bits, by)):
        found.add(told)
    evidence = frozenset(found)
    return Comparison(evidence, _conflicts(one, other, evidence, levels), bits)


def _conflicts(
    one: Demographics, other: Demographics, evidence: frozenset[str], levels: Levels
) -> frozenset[str]:
    name, birth = _RELATIONS[levels.name], _RELATIONS[levels.birth_date]
    found = set()
    if are_two_people(one, other):
        found.add("different-citizen-ids")
    # With the same number, name and birth date a different sex is a slip of the pen.
    sure = "citizen-id" in evidence and name == "agree" and birth != "differ"
    if levels.gender == "different" and not sure:
        found.add("different-sex")
    if birth != "differ" and _different_birth_order(one, other):
        found.add("different-birth-order")
    if name == "differ" and birth == "differ":
        found.add("different-name-and-birth-date")
    # A child under its parent's number is born on another day than the number says, and so is its twin; of
    # those who borrow one number some have names that sound alike, or the same name.
    if "citizen-id" in evidence and (
        _borrows(one, other) if levels.name != "equal" else _both_borrow(one, other, levels)
    ):
        found.add("borrowed-citizen-id")
    # Forms fill birth date and sex from the number: then only the name tells that it is somebody else's.
    if "citizen-id" in evidence and levels.name == "different" and _is_under_another_name(one, other, levels):
        found.add("different-name")
    # A card is lent and shared within a family; alone it must not outweigh a different name.
    if "card" in evidence and "citizen-id" not in evidence and _lent(one, other, name, birth):
        found.add("card-of-another")
    return frozenset(found)


def are_two_people(one: Demographics, other: Demographics) -> bool:
    """Whether each has a valid number for life, no parent's or spouse's, and none is the same. Symmetric."""
    known = one.citizen_ids and other.citizen_ids and one.citizen_ids != other.citizen_ids
    if not known or not set(one.citizen_ids).isdisjoint(other.citizen_ids) or not _comparable(one, other):
        return False
    return not (_is_under_anothers(one) or _is_under_anothers(other))


def _comparable(one: Demographics, other: Demographics) -> bool:
    """Whether both have a number of one scheme: `system#number`, or a bare citizen id."""
    schemes = {number.rpartition("#")[0] for number in one.citizen_ids}
    return not schemes.isdisjoint(number.rpartition("#")[0] for number in other.citizen_ids)


def _share_number(one: Demographics, other: Demographics) -> bool:
    return bool(one.citizen_ids) and not set(one.citizen_ids).isdisjoint(other.citizen_ids)


def _share_card(one: Demographics, other: Demographics) -> bool:
    both = one.cards and other.cards
    return bool(both) and not _card_numbers(one).isdisjoint(_card_numbers(other))


def _lent(one: Demographics, other: Demographics, name: Relation, birth: Relation) -> bool:
    newborn = one.newborn or other.newborn
    return name == "differ" or (name == "unknown" and (newborn or birth == "differ"))


def is_borrowed(record: Demographics) -> bool:
    """Whether the record's citizen ids are somebody else's: none was given to one born on its birth date.

    Who has no name, as a newborn has none, has no number of its own unless the birth date says so.
    """
    known = [number.birth_date.isoformat() for number in map(citizen_id, record.citizen_ids) if number]
    relations = {_dates(day, record.birth_date) for day in known}
    return bool(relations) and "agree" not in relations and (not record.names or "unknown" not in relations)


def _dates(one: str, other: str) -> Relation:
    if not one or not other:
        return "unknown"
    shorter = min(len(one), len(other))
    return "agree" if one[:shorter] == other[:shorter] else "differ"


def _different_birth_order(one: Demographics, other: Demographics) -> bool:
    known = one.birth_order is not None and other.birth_order is not None
    return known and one.birth_order != other.birth_order


def _is_named_as_child(one: Demographics, other: Demographics) -> bool:
    """Whether one name is the other with what says son or daughter: a newborn under its mother's number,
    whose birth date nobody told."""
    names = {f"{name}{child}" for name in one.names for child in _CHILD}
    return not names.isdisjoint(other.names)


def _borrows(one: Demographics, other: Demographics) -> bool:
    if _is_named_as_child(one, other) or _is_named_as_child(other, one):
        return True
    return (is_borrowed(one) or is_borrowed(other)) and not _same_delivery(one, other)


def _is_anothers_number(one: Demographics, other: Demographics, levels: Levels) -> bool:
    """Whether the number that both have is a parent's, under which a child stands, or a spouse's, and the two
    are not one: the parent, a child of another day, or a newborn's twin. Then it says nothing of the two."""
    if one.newborn or other.newborn:
        another = _is_another_birth(one, other, levels)
    else:
        another = levels.birth_date == "different" and levels.name in ("near", "different")
    return another and (_is_under_anothers(one) or _is_under_anothers(other))


def _is_strangers(one: Demographics, other: Demographics, levels: Levels) -> bool:
    """Whether the card that both have was lent, as a mother's to her newborn, for in all else they are two
    people: nobody need look."""
    if one.newborn or other.newborn:
        return _is_another_birth(one, other, levels)
    if levels.name != "different":
        return False
    return levels.birth_date == "different" or are_two_people(one, other)


def _is_another_birth(one: Demographics, other: Demographics, levels: Levels) -> bool:
    return levels.birth_date == "different" or _different_birth_order(one, other)


def _is_under_anothers(record: Demographics) -> bool:
    """Whether the numbers are of people of another generation than who is born on the record's day, or of
    another day and sex."""
    if not record.birth_date:
        return False
    numbers = [number for number in map(citizen_id, record.citizen_ids) if number]
    born, sex = record.birth_date, record.gender
    return bool(numbers) and all(is_anothers(born, sex, number) for number in numbers)


def _is_under_another_name(one: Demographics, other: Demographics, levels: Levels) -> bool:
    """Whether the names are two people's, or a slip apart and nothing else is shared."""
    common = {in_common(mine, theirs) for mine in one.names for theirs in other.names}
    if "part" in common:
        return False
    slip = "surname" in common
    return not slip or not ("equal" in (levels.phone, levels.address) or _share_card(one, other))


def _both_borrow(one: Demographics, other: Demographics, levels: Levels) -> bool:
    """Whether neither is born on the day of the number that both have, nor are both on one day."""
    return levels.birth_date == "different" and is_borrowed(one) and is_borrowed(other)


def _same_delivery(one: Demographics, other: Demographics) -> bool:
    """Whether both are the same child of one delivery: by its day, its sex and its place in the order."""
    told = (one.birth_order, one.birth_date, one.gender)
    known = one.birth_order is not None and len(one.birth_date) == len("yyyy-mm-dd")
    return one.newborn and other.newborn and known and told == (
        other.birth_order, other.birth_date, other.gender,
    )  # fmt: skip


def _card_numbers(record: Demographics) -> set[tuple[str, str]]:
    return {(card.system, card.number) for card in record.cards}
