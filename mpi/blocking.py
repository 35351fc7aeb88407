"""Blocking keys: what two records must share to be compared at all.

A key is the signed 64-bit BLAKE2b hash of its text, kept with the number of the rule that made it. A hash
that two texts share only brings a comparison that finds nothing.
"""

import hashlib
from enum import IntEnum
from typing import NamedTuple

from mpi.demographics import Demographics


class Rule(IntEnum):
    """The numbers stand in the database and never change their meaning."""

    CITIZEN_ID = 1
    CARD = 2


class Key(NamedTuple):
    key: int
    rule: Rule


def blocking_keys(demographics: Demographics) -> tuple[Key, ...]:
    """Every key of a record, sorted, so that two transactions lock them in the same order."""
    keys = {_key(Rule.CITIZEN_ID, number) for number in demographics.citizen_ids}
    keys |= {_key(Rule.CARD, card.system, card.number) for card in demographics.cards}
    return tuple(sorted(keys))


def _key(rule: Rule, *parts: str) -> Key:
    text = "\x1f".join((f"mpi.{rule.name}", *parts))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return Key(int.from_bytes(digest, signed=True), rule)
