"""Blocking keys: what two records must share to be compared at all.

A key is the signed 64-bit BLAKE2b hash of its text, kept with the number of the rule that made it. A hash
that two texts share only brings a comparison that finds nothing. A key that too many share leads nowhere
(`OVERSIZED`): a number that fills a field, a name of many on a default day; those of the same fact together
with another one lead on.
"""

import struct
from collections.abc import Iterable
from enum import IntEnum
from hashlib import blake2b
from typing import Final

import msgspec

from mpi.normalisation.citizen_id import is_number_of
from mpi.normalisation.demographics import Demographics

OVERSIZED: Final = 200
"""As many records or more under one key are not looked at."""


class Rule(IntEnum):
    """The numbers stand in the database and never change their meaning."""

    # An enumeration hashes the names of its members, in Python.
    __hash__ = int.__hash__

    CITIZEN_ID = 1
    CARD = 2
    NAME_BIRTH = 3
    NAME_PHONE = 4
    NAME_ADDRESS = 5
    PHONE_BIRTH = 6
    ADDRESS_BIRTH = 7
    CITIZEN_ID_NAME = 8
    CARD_NAME = 9
    NAME_BIRTH_PLACE = 10
    MOTHER_BIRTH = 11


class Key(msgspec.Struct, frozen=True, order=True):
    key: int
    rule: Rule


def blocking_keys(known: Demographics) -> tuple[Key, ...]:
    """Every key of a record, sorted, so that two transactions lock them in the same order."""
    facts = facts_of(known)
    signed = struct.unpack(f">{len(facts)}q", b"".join(hashes(facts)))
    return tuple(sorted([Key(key, rule) for key, (rule, _) in zip(signed, facts, strict=True)]))


Fact = tuple[Rule, str]


def facts_of(known: Demographics) -> dict[Fact, None]:
    """What keys are made of, each once."""
    found: list[Fact] = []
    _numbers(known, found)
    _named(known, found)
    _born(known, found)
    return dict.fromkeys(found)


def hashes(facts: Iterable[Fact]) -> list[bytes]:
    """Keys, each as its eight bytes."""
    return [blake2b(_HEADS[rule] + fact.encode(), digest_size=8).digest() for rule, fact in facts]


# Lists are filled, and members of the enumeration are at hand: both take half the time.
def _numbers(known: Demographics, found: list[Fact]) -> None:
    born = known.birth_date
    for number in known.citizen_ids:
        found.append((_CITIZEN_ID, number))
        for name in known.pinyin:
            found.append((_CITIZEN_ID_NAME, f"{number}\x1f{name}"))
        # A newborn under its mother's number: the delivery.
        if born and not is_number_of(number, born):
            found.append((_MOTHER_BIRTH, f"{number}\x1f{born}"))
    for card in known.cards:
        found.append((_CARD, f"{card.system}\x1f{card.number}"))
        for name in known.pinyin:
            found.append((_CARD_NAME, f"{card.system}\x1f{card.number}\x1f{name}"))


def _named(known: Demographics, found: list[Fact]) -> None:
    """Two facts together: one alone is shared by too many."""
    born = known.birth_date
    for name in known.pinyin:
        if born:
            found.append((_NAME_BIRTH, f"{name}\x1f{born}"))
        for phone in known.phones:
            found.append((_NAME_PHONE, f"{name}\x1f{phone}"))
        for address in known.addresses:
            found.append((_NAME_ADDRESS, f"{name}\x1f{address}"))
            if born:
                found.append((_NAME_BIRTH_PLACE, f"{name}\x1f{born}\x1f{address[:_PLACE]}"))


def _born(known: Demographics, found: list[Fact]) -> None:
    if born := known.birth_date:
        for phone in known.phones:
            found.append((_PHONE_BIRTH, f"{phone}\x1f{born}"))
        for address in known.addresses:
            found.append((_ADDRESS_BIRTH, f"{address}\x1f{born}"))


# The beginning of an address that names the district.
_PLACE: Final = 3


# By number: an enumeration's own `name` costs more than the hash.
_HEADS: Final = (b"", *(f"mpi.{rule.name}\x1f".encode() for rule in Rule))
_CITIZEN_ID, _CARD, _NAME_BIRTH, _NAME_PHONE, _NAME_ADDRESS, _PHONE_BIRTH, *_LATER = Rule
_ADDRESS_BIRTH, _CITIZEN_ID_NAME, _CARD_NAME, _NAME_BIRTH_PLACE, _MOTHER_BIRTH = _LATER
