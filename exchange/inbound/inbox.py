"""The inbox: messages kept before anybody is told so, found again when they are sent again.

https://www.postgresql.org/docs/18/sql-insert.html#SQL-ON-CONFLICT

Many connections share one commit. The same sender, control id and bytes are the same message.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

import asyncpg
import msgspec

from adapters.hl7v2.acknowledge import Code, Fault
from adapters.translation import Residue
from exchange.inbound.envelope import Envelope, refusal
from exchange.inbound.outage import is_transient
from exchange.store.coalesce import Coalescer
from exchange.store.connection import Connection

State = Literal["received", "processed", "quarantined", "resent", "discarded"]
Key = tuple[str, str, bytes]
GROUP = 128
# A database that is away for less is not told of to senders.
KEEP_SECONDS: Final = 30.0
RETRY_SECONDS: Final = 0.25

# Keep messages in the order they came; those that are here already are left out of the answer.
KEEP = """
INSERT INTO inbox (received, channel, sender, control_id, sha256, raw, charset, message_type, hospital,
                   state, processed, acknowledgement_code, acknowledgement, issues, keeper)
SELECT received, channel, sender, control_id, sha256, raw, charset, message_type, hospital,
       state, processed, acknowledgement_code, acknowledgement, issues::jsonb, $15
FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::bytea[], $14::text[])
     WITH ORDINALITY
     AS w (received, channel, sender, control_id, sha256, raw, charset, message_type, hospital,
           state, processed, acknowledgement_code, acknowledgement, issues, place)
ORDER BY place
ON CONFLICT ON CONSTRAINT inbox_message DO NOTHING
RETURNING id, received, state, acknowledgement_code, acknowledgement, sender, control_id, sha256"""

# What is here already of some messages.
FIND = """
SELECT i.id, i.received, i.state, i.acknowledgement_code, i.acknowledgement, i.sender, i.control_id, i.sha256
FROM unnest($1::text[], $2::text[], $3::bytea[]) AS w (sender, control_id, sha256)
JOIN inbox i USING (sender, control_id, sha256)"""

# Those of some messages that are still to be processed are ours until the transaction ends, and so are their
# subjects: who else tells of one waits.
CLAIM = """
SELECT id, (SELECT count(pg_advisory_xact_lock($3, k)) FROM unnest($2::integer[]) AS k) AS locked
FROM inbox WHERE id = ANY($1::bigint[]) AND state = 'received' ORDER BY id FOR UPDATE SKIP LOCKED"""
# The kind of the advisory locks on subjects.
SUBJECTS = 7_811_902

# The result of processing. A message that is replayed with the same result keeps the answer that was sent.
SETTLE = """
UPDATE inbox i
SET state = w.state, processed = $1, attempts = i.attempts + 1, acknowledgement_code = w.code,
    acknowledgement = CASE WHEN i.acknowledgement_code = w.code THEN i.acknowledgement
        ELSE w.acknowledgement END,
    issues = w.issues::jsonb, mapped = w.mapped, ignored = w.ignored,
    residue = w.residue, residue_values = w.residue_values::jsonb, map_version = w.map_version
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::integer[], $8::integer[],
            $9::integer[], $10::text[], $11::text[])
     AS w (id, state, code, acknowledgement, issues, mapped, ignored, residue, residue_values, map_version)
WHERE i.id = w.id"""

# The acknowledgement of a message, once it has one.
ACKNOWLEDGEMENT = "SELECT acknowledgement FROM inbox WHERE id = $1 AND state <> 'received'"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message is safely kept. `new` is False if it was here already; `acknowledgement` is there as soon as
    the result is."""

    id: int
    received: datetime
    new: bool
    state: State
    acknowledgement_code: Code | None
    acknowledgement: bytes | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits to be processed."""

    id: int
    received: datetime
    channel: str
    charset: str | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message; the counts are those of its translation by `maps`, if it had one."""

    id: int
    state: State
    code: Code
    acknowledgement: bytes
    faults: Sequence[Fault] = ()
    mapped: int | None = None
    ignored: int | None = None
    residue: Sequence[Residue] = ()
    maps: str | None = None


class Inbox:
    """Keeps messages; whatever comes while a commit is under way shares the next."""

    def __init__(self, pool: asyncpg.Pool, keeper: int | None = None) -> None:
        """`keeper` is the process that will have the messages in hand, if there is one."""
        self._pool, self._keeper = pool, keeper
        self._keeping: Coalescer[tuple[Envelope, datetime, float], Receipt] = Coalescer(
            self._keep, lambda item: _key(item[0]), lanes=1, group=GROUP
        )

    async def keep(self, envelope: Envelope, instant: datetime) -> Receipt:
        """Returns when the message is durable. One that cannot be processed is kept as quarantined. Raises
        TimeoutError, or what PostgreSQL raises, if that takes longer than KEEP_SECONDS: then the message may
        be there or not, and is to be sent again."""
        until = asyncio.get_running_loop().time() + KEEP_SECONDS
        async with asyncio.timeout_at(until):
            return await self._keeping.ask((envelope, instant, until))

    async def _keep(self, items: Sequence[tuple[Envelope, datetime, float]]) -> list[Receipt]:
        """While the database is away all wait here, so that nobody gets ahead of them."""
        clock, until = asyncio.get_running_loop().time, max((until for *_, until in items), default=0)
        while True:
            try:
                async with self._pool.acquire() as connection:
                    pairs = [(envelope, instant) for envelope, instant, _ in items]
                    return await keep(connection, pairs, self._keeper)
            except Exception as error:
                if not is_transient(error) or clock() + RETRY_SECONDS > until:
                    raise
            await asyncio.sleep(RETRY_SECONDS)


async def keep(
    connection: Connection, items: Sequence[tuple[Envelope, datetime]], keeper: int | None = None
) -> list[Receipt]:
    """Keeps messages, in their order."""
    columns = zip(*(row_of(envelope, instant) for envelope, instant in items), strict=True)
    receipts = {_record_key(r): _receipt(r, True) for r in await connection.fetch(KEEP, *columns, keeper)}
    again = [key for envelope, _ in items if (key := _key(envelope)) not in receipts]
    if again:
        found = await connection.fetch(FIND, *zip(*again, strict=True))
        receipts |= {_record_key(record): _receipt(record, False) for record in found}
    return [receipts[_key(envelope)] for envelope, _ in items]


async def found(connection: Connection, envelope: Envelope) -> Receipt | None:
    """What is known of a message that came before."""
    for record in await connection.fetch(FIND, *zip(_key(envelope), strict=True)):
        return _receipt(record, False)
    return None


async def claim(connection: Connection, ids: Sequence[int], subjects: Iterable[int] = ()) -> set[int]:
    """Those of the messages that still wait and that nobody else is processing; locked until the end of the
    transaction, as their `subjects` are (64-bit hashes, of which 31 bits are looked at)."""
    keys = sorted({subject & 0x7FFFFFFF for subject in subjects})
    return {record["id"] for record in await connection.fetch(CLAIM, ids, keys, SUBJECTS)}


async def settle(connection: Connection, settled: Sequence[Settled], instant: datetime) -> None:
    """Note what became of messages."""
    columns = zip(*map(_settled_row, settled), strict=True)
    await connection.execute(SETTLE, instant, *columns)


async def acknowledgement_of(connection: Connection, id_: int) -> bytes | None:
    """The application acknowledgement, or None while there is none."""
    found: bytes | None = await connection.fetchval(ACKNOWLEDGEMENT, id_)
    return found


def row_of(envelope: Envelope, instant: datetime) -> tuple[Any, ...]:
    """The values of `KEEP`."""
    known = (
        instant,
        envelope.channel,
        envelope.sender,
        envelope.control_id,
        envelope.sha256,
        envelope.raw,
        envelope.charset,
        envelope.message_type,
        envelope.hospital.id,
    )
    if not envelope.faults:
        return (*known, "received", None, None, None, None)
    code = refusal(envelope.faults)
    acknowledgement = envelope.answer(code, instant, envelope.faults)
    return (*known, "quarantined", instant, code, acknowledgement, _json(envelope.faults))


def _settled_row(settled: Settled) -> tuple[Any, ...]:
    return (
        settled.id,
        settled.state,
        settled.code,
        settled.acknowledgement,
        _json(settled.faults),
        settled.mapped,
        settled.ignored,
        None if settled.mapped is None else len(settled.residue),
        _json(settled.residue),
        settled.maps,
    )


def _json(items: Sequence[Fault] | Sequence[Residue]) -> str | None:
    """PostgreSQL's jsonb does not take U+0000."""
    if not items:
        return None
    return msgspec.json.encode([asdict(item) for item in items]).decode().replace("\\u0000", "\ufffd")


def _key(envelope: Envelope) -> Key:
    return envelope.sender, envelope.control_id, envelope.sha256


def _record_key(record: asyncpg.Record) -> Key:
    return record["sender"], record["control_id"], record["sha256"]


def _receipt(record: asyncpg.Record, new: bool) -> Receipt:
    return Receipt(
        record["id"],
        record["received"],
        new,
        record["state"],
        record["acknowledgement_code"],
        record["acknowledgement"],
    )
