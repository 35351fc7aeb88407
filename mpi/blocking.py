"""Blocking keys: what two records must share to be compared at all.

A key is the signed 64-bit BLAKE2b hash of its text, kept with the number of the rule that made it. A hash
that two texts share only brings a comparison that finds nothing. A key that too many share leads nowhere
(`OVERSIZED`): a number that fills a field, a name of many on a default day; those of the same fact together
with another one lead on.
"""

import hashlib
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from mpi.citizen_id import is_number_of
from mpi.demographics import Demographics

OVERSIZED: Final = 200
"""As many records or more under one key are not looked at."""


class Rule(IntEnum):
    """The numbers stand in the database and never change their meaning."""

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


class Key(NamedTuple):
    key: int
    rule: Rule


def blocking_keys(known: Demographics) -> tuple[Key, ...]:
    """Every key of a record, sorted, so that two transactions lock them in the same order."""
    return tuple(sorted({*_numbers(known), *_named(known), *_born(known)}))


def _numbers(known: Demographics) -> Iterator[Key]:
    for number in known.citizen_ids:
        yield _key(Rule.CITIZEN_ID, number)
        for name in known.pinyin:
            yield _key(Rule.CITIZEN_ID_NAME, number, name)
        # A newborn under its mother's number: the delivery.
        if known.birth_date and not is_number_of(number, known.birth_date):
            yield _key(Rule.MOTHER_BIRTH, number, known.birth_date)
    for card in known.cards:
        yield _key(Rule.CARD, card.system, card.number)
        for name in known.pinyin:
            yield _key(Rule.CARD_NAME, card.system, card.number, name)


def _named(known: Demographics) -> Iterator[Key]:
    """Two facts together: one alone is shared by too many."""
    for name in known.pinyin:
        if known.birth_date:
            yield _key(Rule.NAME_BIRTH, name, known.birth_date)
        for phone in known.phones:
            yield _key(Rule.NAME_PHONE, name, phone)
        for address in known.addresses:
            yield _key(Rule.NAME_ADDRESS, name, address)
            if known.birth_date:
                yield _key(Rule.NAME_BIRTH_PLACE, name, known.birth_date, address[:_PLACE])


def _born(known: Demographics) -> Iterator[Key]:
    if known.birth_date:
        for phone in known.phones:
            yield _key(Rule.PHONE_BIRTH, phone, known.birth_date)
        for address in known.addresses:
            yield _key(Rule.ADDRESS_BIRTH, address, known.birth_date)


# The beginning of an address that names the district.
_PLACE: Final = 3


# By number: an enumeration's own `name` costs more than the hash.
_HEADS: Final = ("", *(f"mpi.{rule.name}\x1f" for rule in Rule))


def _key(rule: Rule, *parts: str) -> Key:
    text = _HEADS[rule] + "\x1f".join(parts)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return Key(int.from_bytes(digest, signed=True), rule)
