"""What could not be processed, and what people decide about it: correct a copy, send on as it is, discard.

https://www.postgresql.org/docs/18/sql-select.html#SQL-FOR-UPDATE-SHARE

The original stays as it came. A corrected copy is a message of its own that goes the ordinary way and names
its original; every decision is kept with who made it and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from adapters.hospitals.hospital import Hospitals
from exchange.inbound.inbox import row_of
from exchange.inbound.sealing import sealed_by_channel
from exchange.store.connection import Connection

_COLUMNS: Final = """id, received, channel, charset, sender, control_id, message_type, hospital, state,
    attempts, processed, issues::text, mapped, ignored, residue, map_version, original,
    octet_length(raw) AS bytes"""

# What waits for a decision, the oldest first.
QUARANTINED: Final = f"""
SELECT {_COLUMNS} FROM inbox
WHERE state = 'quarantined' AND ($1::text IS NULL OR hospital = $1)
  AND ($2::text IS NULL OR message_type = $2) AND ($3::timestamptz IS NULL OR received >= $3)
ORDER BY id LIMIT $4"""  # noqa: S608 - fixed

# One message, whatever its state.
ONE: Final = f"SELECT {_COLUMNS} FROM inbox WHERE id = $1"  # noqa: S608 - fixed

COPIES: Final = "SELECT id FROM inbox WHERE original = $1 ORDER BY id"

# The bytes of a message, and how they are read.
RAW: Final = "SELECT raw, channel, charset, hospital FROM inbox WHERE id = $1"

# Nobody else decides about it until the transaction ends.
LOCK: Final = "SELECT state, sha256, channel, charset, hospital FROM inbox WHERE id = $1 FOR UPDATE"

# A corrected copy is kept as a message that has just come, unless it is here.
COPY: Final = """
INSERT INTO inbox (received, channel, sender, control_id, sha256, raw, charset, message_type, hospital,
                   state, processed, acknowledgement_code, acknowledgement, issues, original)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::text::jsonb, $15)
ON CONFLICT ON CONSTRAINT inbox_message DO NOTHING RETURNING id"""

KNOWN: Final = "SELECT id FROM inbox WHERE sender = $1 AND control_id = $2 AND sha256 = $3"

# Another state; what waits again has no result yet.
MOVE: Final = """
UPDATE inbox SET state = $2, keeper = NULL,
    processed = CASE WHEN $2 = 'received' THEN NULL ELSE processed END,
    acknowledgement_code = CASE WHEN $2 = 'received' THEN NULL ELSE acknowledgement_code END,
    acknowledgement = CASE WHEN $2 = 'received' THEN NULL ELSE acknowledgement END
WHERE id = $1"""

DECIDE: Final = """
INSERT INTO inbox_decision (message, action, actor, reason, copy, decided) VALUES ($1, $2, $3, $4, $5, $6)"""

DECISIONS: Final = """
SELECT action, actor, reason, copy, decided FROM inbox_decision WHERE message = $1 ORDER BY id"""


class NoSuchMessage(Exception):
    """There is no such message."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class Undecidable(Exception):
    """What is decided does not fit the message; the text says why."""


@dataclass(frozen=True, slots=True)
class Why:
    """Who decides, when, and for what reason."""

    actor: str
    reason: str
    instant: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """The bytes of a message, and how they are read."""

    raw: bytes
    channel: str
    charset: str | None
    hospital: str


async def quarantined(
    connection: Connection, hospital: str | None, message_type: str | None, since: datetime | None, most: int
) -> list[asyncpg.Record]:
    """What waits for a decision; nothing that a message says is in it."""
    return list(await connection.fetch(QUARANTINED, hospital, message_type, since, most))


async def one(connection: Connection, id_: int) -> dict[str, Any]:
    """A message with its copies and decisions, without what it says. Raises NoSuchMessage."""
    found = await connection.fetchrow(ONE, id_)
    if found is None:
        raise NoSuchMessage
    copies = [each["id"] for each in await connection.fetch(COPIES, id_)]
    decisions = [dict(each) for each in await connection.fetch(DECISIONS, id_)]
    return dict(found) | {"copies": copies, "decisions": decisions}


async def read(connection: Connection, id_: int, why: Why) -> Kept:
    """The bytes of a message; that they were read is noted. Raises NoSuchMessage."""
    kept = await bytes_of(connection, id_)
    await connection.execute(DECIDE, id_, "read", why.actor, why.reason, None, why.instant)
    return kept


async def bytes_of(connection: Connection, id_: int) -> Kept:
    """Raises NoSuchMessage."""
    found = await connection.fetchrow(RAW, id_)
    if found is None:
        raise NoSuchMessage
    return Kept(**found)


async def correct(
    connection: Connection, id_: int, raw: bytes, hospitals: Hospitals, why: Why, bound: str | None = None
) -> int:
    """Sends a corrected copy on; its number. Doing it again with the same bytes gives the same copy. Who is
    `bound` to a hospital may not make it another's. Raises NoSuchMessage and Undecidable."""
    original = await _locked(connection, id_, ("quarantined", "resent"))
    envelope = sealed_by_channel(raw, original["channel"], original["charset"], hospitals)
    if envelope.sha256 == original["sha256"]:
        raise Undecidable("the copy has the bytes of its original: send the original on instead")
    if bound is not None and envelope.hospital.id != bound:
        raise Undecidable(f"the copy is not a message of {bound}")
    key = envelope.sender, envelope.control_id, envelope.sha256
    if original["state"] == "resent":
        known: int | None = await connection.fetchval(KNOWN, *key)
        if known is None:
            raise Undecidable(f"message {id_} was corrected already: go on with its copy")
        return known
    made = await connection.fetchval(COPY, *row_of(envelope, why.instant), id_)
    copy: int = made or await connection.fetchval(KNOWN, *key)
    await connection.execute(MOVE, id_, "resent")
    await connection.execute(DECIDE, id_, "corrected", why.actor, why.reason, copy, why.instant)
    return copy


async def resend(connection: Connection, id_: int, why: Why) -> None:
    """Lets it be processed again as it is. Raises NoSuchMessage and Undecidable."""
    await _moved(connection, id_, ("quarantined",), "received", "resent", why)


async def discard(connection: Connection, id_: int, why: Why) -> None:
    """It is not to be processed; it stays, and can be restored. Raises NoSuchMessage and Undecidable."""
    await _moved(connection, id_, ("quarantined",), "discarded", "discarded", why)


async def restore(connection: Connection, id_: int, why: Why) -> None:
    """It is quarantined again. Raises NoSuchMessage and Undecidable."""
    await _moved(connection, id_, ("discarded",), "quarantined", "restored", why)


async def _moved(
    connection: Connection, id_: int, states: Sequence[str], state: str, action: str, why: Why
) -> None:
    await _locked(connection, id_, states)
    await connection.execute(MOVE, id_, state)
    await connection.execute(DECIDE, id_, action, why.actor, why.reason, None, why.instant)


async def _locked(connection: Connection, id_: int, states: Sequence[str]) -> asyncpg.Record:
    found = await connection.fetchrow(LOCK, id_)
    if found is None:
        raise NoSuchMessage
    if found["state"] not in states:
        raise Undecidable(f"message {id_} is {found['state']}, and not {' or '.join(states)}")
    return found
