"""What a load and its workers say to each other: pickles with their length before them.

https://docs.python.org/3/library/pickle.html. Both ends are ours and of one run.
"""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from exchange.commands.loading.files import Unit
from exchange.commands.loading.preparation import Prepared
from exchange.search.row import IndexRow
from exchange.store.batch import Write

# What a load gives of a Write beside its index row; all of an IndexRow.
_WRITE = attrgetter("action", "type", "id", "head", "tail")
_ROW = attrgetter(*(each.name for each in fields(IndexRow)))
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
    """Writes go as tuples: frozen dataclasses with slots are unpickled field by field in Python."""
    plain = (list(map(_plain, said.writes)), said.findings) if isinstance(said, Prepared) else said
    body = pickle.dumps(plain, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def unpacked(body: bytes) -> Spoken:
    said: Any = pickle.loads(body)  # noqa: S301
    if isinstance(said, tuple):
        writes, findings = said
        return Prepared([_write(write, row) for write, row in writes], findings)
    spoken: Spoken = said
    return spoken


def _plain(write: Write) -> tuple[Any, Any]:
    return _WRITE(write), _ROW(write.row)


def _write(plain: tuple[Any, ...], row: tuple[Any, ...]) -> Write:
    return Write(*plain, IndexRow(*row))  # type: ignore[call-arg]  # mypy takes `*plain` to be all of it
