"""What a load and its workers say to each other: pickles with their length before them.

https://docs.python.org/3/library/pickle.html. Both ends are ours and of one run.
"""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from exchange.commands.loading.files import Unit
from exchange.commands.loading.preparation import Prepared

LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Question:
    """What a unit declares (`Type|system|value`, `Type/id`), and the conditional references it asks."""

    declared: list[tuple[str, str]]
    asked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """Conditional reference → `Type/id`; None: put the unit aside."""

    matches: Mapping[str, str] | None


Spoken = Unit | Question | Answer | Prepared


def packed(said: Spoken) -> bytes:
    body = pickle.dumps(said, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> Spoken:
    said: Spoken = pickle.loads(body)  # noqa: S301
    return said
