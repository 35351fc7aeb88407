"""What another file of a hospital would change in the messages that it has sent."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.hospitals.hospital import Hospitals
from adapters.library import Library, library
from adapters.mapping.tracing import leaves
from adapters.translation import Translation
from exchange.commands.connected import connected
from exchange.commands.mapping_files import book_with
from exchange.inbound.sealing import sealed_by_channel
from exchange.inbound.translated import translated
from exchange.settings import Settings
from profiles.definitions import definitions

# The latest messages of a hospital, or of a type of them, in the order they came.
LATEST = """
SELECT id FROM (
    SELECT id FROM inbox WHERE hospital = $1 AND ($3::text IS NULL OR message_type = $3)
    ORDER BY id DESC LIMIT $2
) AS latest ORDER BY id"""

# Some messages as they came.
STORED = """
SELECT id, received, channel, charset, message_type, raw FROM inbox
WHERE id = ANY($1::bigint[]) ORDER BY id"""
_AT_ONCE = 100
_SHOWN = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # nothing that is compared depends on it


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages, and the file to try; none: the hub's own maps."""

    hospital: str
    candidate: Path | None = None
    limit: int = 1000
    message_type: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What would be other of a message: elements by resource type, residue, issues; no values."""

    message: int
    received: str
    type: str
    changes: Sequence[str]

    def __str__(self) -> str:
        head = f"message {self.message} ({self.received}, {self.type}): "
        more = len(self.changes) - _SHOWN
        shown = [*self.changes[:_SHOWN], *([f"… and {more} more"] if more > 0 else [])]
        return "\n".join(head + each for each in shown)


@dataclass(frozen=True, slots=True)
class Changed:
    """Only messages that would be translated otherwise."""

    messages: Sequence[Change]
    count: int

    @property
    def lines(self) -> list[str]:
        return [line for each in self.messages for line in str(each).splitlines()]

    def summary(self) -> Iterator[str]:
        """How often each change comes, and how many messages there are."""
        often = Counter(change for each in self.messages for change in each.changes)
        for change, number in often.most_common(_SHOWN):
            yield f"{number:6} × {change}"
        yield f"{self.count} messages, {len(self.messages)} would be translated otherwise"


async def tested(settings: Settings, asked: Asked) -> Changed:
    """Translates what is stored of the hospital as in force and as meant. Raises MapError."""
    maps = library(definitions())
    book = book_with(settings, asked.hospital, None, maps)
    now = Hospitals(settings.base, book.hospitals)
    if asked.candidate is None:
        # What is said of how messages are to be read, stays: only the maps are the hub's own.
        plain = [replace(each, levels=(), interfaces=()) for each in book.hospitals]
        meant = Hospitals(settings.base, plain)
    else:
        candidate = book_with(settings, asked.hospital, asked.candidate, maps)
        meant = Hospitals(settings.base, candidate.hospitals)
    found: list[Change] = []
    async with connected(settings) as connection:
        rows = await connection.fetch(LATEST, asked.hospital, asked.limit, asked.message_type)
        ids = [row["id"] for row in rows]
        for start in range(0, len(ids), _AT_ONCE):
            stored = await connection.fetch(STORED, ids[start : start + _AT_ONCE])
            found += [change for row in stored if (change := _change(row, now, meant, maps)) is not None]
    return Changed(found, len(ids))


def _change(row: Any, now: Hospitals, meant: Hospitals, maps: Library) -> Change | None:
    one, other = (_told(row, each, maps) for each in (now, meant))
    changes = sorted(_changes(one, other))
    if not changes:
        return None
    return Change(row["id"], f"{row['received']:%Y-%m-%d %H:%M}", row["message_type"], changes)


@dataclass(frozen=True, slots=True)
class _Told:
    hospital: str
    translation: Translation | None
    faults: Sequence[str]


def _told(row: Any, hospitals: Hospitals, maps: Library) -> _Told:
    """As the hub would seal and translate it, by the charset that the layers say."""
    envelope = sealed_by_channel(row["raw"], row["channel"], row["charset"], hospitals)
    faults = [f"{each.code} {each.address}" for each in envelope.faults]
    if envelope.message is None:
        return _Told(envelope.hospital.id, None, faults)
    made = translated(envelope.message, envelope.hospital, _EPOCH, maps)
    return _Told(envelope.hospital.id, made, faults)


def _changes(now: _Told, meant: _Told) -> Iterator[str]:
    """Elements that come, go or change, by resource type; what is left over or told, and no longer is."""
    if now.hospital != meant.hospital:
        yield f"~ hospital: {now.hospital} → {meant.hospital}"
    before, after = _elements(now.translation), _elements(meant.translation)
    for path in before.keys() | after.keys():
        if before.get(path) != after.get(path):
            sign = "~" if path in before and path in after else "+" if path in after else "-"
            yield f"{sign} {path}"
    for what, one, other in (
        ("residue", _residue(now), _residue(meant)),
        ("issue", _issues(now), _issues(meant)),
    ):
        yield from (f"- {what} {each}" for each in one - other)
        yield from (f"+ {what} {each}" for each in other - one)


def _elements(made: Translation | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in made.entries if made else ():
        for path, value in leaves(entry.resource):
            found.setdefault(f"{entry.resource['resourceType']}.{path}", []).append(value)
    return found


def _residue(told: _Told) -> set[str]:
    return {each.path for each in told.translation.residue} if told.translation else set()


def _issues(told: _Told) -> set[str]:
    issues = told.translation.issues if told.translation else ()
    return {*told.faults, *(f"{each.severity} {each.code} {each.expression}".strip() for each in issues)}
