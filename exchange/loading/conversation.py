"""What a load and its workers say to each other: pickles with their length before them.

https://docs.python.org/3/library/pickle.html. Both ends are ours and of one run.
"""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from exchange.loading.chunks import Chunk
from exchange.settings import Settings
from exchange.store.load_progress import Mark

LENGTH: Final = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Opening:
    """Which worker this is, and what it works with. `with_text`: findings quote their lines."""

    settings: Settings
    dsn: str
    hospital: str | None
    with_text: bool
    number: int
    number_of_workers: int


@dataclass(frozen=True, slots=True)
class Task:
    """A chunk to store, and under which load and round."""

    load: int
    round: int
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Question:
    """What a chunk declares (`Type|system|value`, `Type/id`), and the conditional references it asks."""

    declared: list[tuple[str, str]]
    asked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What this run has read of that. But for the `last` chance, a chunk that lacks some is put aside."""

    known: Mapping[str, str]
    last: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The chunk is stored; or, with no mark, put aside."""

    mark: Mark | None


Spoken = Opening | Task | Question | Answer | Done
Sayable = object
"""What other programs of workers say; whoever hears it knows what it must be."""


def packed(said: Sayable) -> bytes:
    body = pickle.dumps(said, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> Sayable:
    said: Sayable = pickle.loads(body)  # noqa: S301
    return said
