"""Blocking keys: what two records must share to be compared at all.

A key is the signed 64-bit BLAKE2b hash of its text, kept with the number of the rule that made it. A hash
that two texts share only brings a comparison that finds nothing. A key that too many share leads nowhere
(`OVERSIZED`): a number that fills a field, a name of many on a default day; those of the same fact together
with another one lead on.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from hashlib import blake2b
from typing import Final

import msgspec

from mpi.citizen_id import is_number_of
from mpi.demographics import Demographics

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
    return tuple(sorted([Key(_signed(hashed(rule, fact))[0], rule) for rule, fact in facts_of(known)]))


Fact = tuple[Rule, str]


def facts_of(known: Demographics) -> dict[Fact, None]:
    """What keys are made of, each once."""
    return dict.fromkeys((*_numbers(known), *_named(known), *_born(known)))


def hashed(rule: Rule, fact: str) -> bytes:
    """A key as its eight bytes."""
    return blake2b(_HEADS[rule] + fact.encode(), digest_size=8).digest()


def _numbers(known: Demographics) -> Iterator[Fact]:
    born = known.birth_date
    for number in known.citizen_ids:
        yield Rule.CITIZEN_ID, number
        for name in known.pinyin:
            yield Rule.CITIZEN_ID_NAME, f"{number}\x1f{name}"
        # A newborn under its mother's number: the delivery.
        if born and not is_number_of(number, born):
            yield Rule.MOTHER_BIRTH, f"{number}\x1f{born}"
    for card in known.cards:
        yield Rule.CARD, f"{card.system}\x1f{card.number}"
        for name in known.pinyin:
            yield Rule.CARD_NAME, f"{card.system}\x1f{card.number}\x1f{name}"


def _named(known: Demographics) -> Iterator[Fact]:
    """Two facts together: one alone is shared by too many."""
    born = known.birth_date
    for name in known.pinyin:
        if born:
            yield Rule.NAME_BIRTH, f"{name}\x1f{born}"
        for phone in known.phones:
            yield Rule.NAME_PHONE, f"{name}\x1f{phone}"
        for address in known.addresses:
            yield Rule.NAME_ADDRESS, f"{name}\x1f{address}"
            if born:
                yield Rule.NAME_BIRTH_PLACE, f"{name}\x1f{born}\x1f{address[:_PLACE]}"


def _born(known: Demographics) -> Iterator[Fact]:
    if born := known.birth_date:
        for phone in known.phones:
            yield Rule.PHONE_BIRTH, f"{phone}\x1f{born}"
        for address in known.addresses:
            yield Rule.ADDRESS_BIRTH, f"{address}\x1f{born}"


# The beginning of an address that names the district.
_PLACE: Final = 3


# By number: an enumeration's own `name` costs more than the hash.
_HEADS: Final = (b"", *(f"mpi.{rule.name}\x1f".encode() for rule in Rule))
_signed: Final = struct.Struct(">q").unpack
