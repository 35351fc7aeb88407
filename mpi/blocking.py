"""Blocking keys: what two records must share to be compared at all.

A key is the signed 64-bit BLAKE2b hash of its text, kept with the number of the rule that made it. A hash
that two texts share only brings a comparison that finds nothing.
"""

import hashlib
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from mpi.demographics import Demographics


class Rule(IntEnum):
    """The numbers stand in the database and never change their meaning."""

    CITIZEN_ID = 1
    CARD = 2
    NAME_BIRTH = 3
    NAME_PHONE = 4
    NAME_ADDRESS = 5
    PHONE_BIRTH = 6


class Key(NamedTuple):
    key: int
    rule: Rule


def blocking_keys(demographics: Demographics) -> tuple[Key, ...]:
    """Every key of a record, sorted, so that two transactions lock them in the same order."""
    keys = {_key(Rule.CITIZEN_ID, number) for number in demographics.citizen_ids}
    keys |= {_key(Rule.CARD, card.system, card.number) for card in demographics.cards}
    return tuple(sorted(keys | set(_told(demographics))))


def _told(known: Demographics) -> Iterator[Key]:
    """Two facts together: one alone is shared by too many."""
    for name in known.pinyin:
        if known.birth_date:
            yield _key(Rule.NAME_BIRTH, name, known.birth_date)
        for phone in known.phones:
            yield _key(Rule.NAME_PHONE, name, phone)
        for address in known.addresses:
            yield _key(Rule.NAME_ADDRESS, name, address)
    for phone in known.phones if known.birth_date else ():
        yield _key(Rule.PHONE_BIRTH, phone, known.birth_date)


def _key(rule: Rule, *parts: str) -> Key:
    text = "\x1f".join((f"mpi.{rule.name}", *parts))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return Key(int.from_bytes(digest, signed=True), rule)
