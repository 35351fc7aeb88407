"""Rows of a front-end table into the inbox: as often as declared, from where the last pull ended.

The position is kept after the rows before it are. A pull that dies in between reads some rows again, which
the inbox knows: a row is named by its key and its time of change.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import asyncpg

from adapters.tables.rows import Row
from exchange.channels.declared import Pull
from exchange.channels.parcels import row_parcel
from exchange.inbound.envelope import Envelope, bounded
from exchange.inbound.front_end import Mark, PullError, batches, front_end, mark_from_json
from exchange.inbound.reception import Reception
from exchange.store.connection import Connection

Batch = tuple[list[Row], Mark]
# Keeps messages, in their order; returns when all of them are safe.
Keep = Callable[[Sequence[Envelope]], Awaitable[None]]
Seal = Callable[[bytes, str], Envelope]

# Rows whose results are awaited before more are read.
WINDOW: Final = 256

MARK: Final = "SELECT mark FROM channel_mark WHERE channel = $1"

SET_MARK: Final = """
INSERT INTO channel_mark (channel, mark, kept) VALUES ($1, $2, $3)
ON CONFLICT (channel) DO UPDATE SET mark = excluded.mark, kept = excluded.kept"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Puller:
    """One pull, and what it needs of the hub: how bytes become envelopes, and the database for its mark."""

    pull: Pull
    pool: asyncpg.Pool
    seal: Seal
    clock: Callable[[], datetime]

    async def once(self, keep: Keep) -> int:
        """What is new; how many rows that were. Raises PullError."""
        count = 0
        async with self.pool.acquire() as connection:
            said = await mark(connection, self.pull.channel)
        start = mark_from_json(said) if said is not None else None
        async for rows, reached in _read(self.pull, start):
            for at in range(0, len(rows), WINDOW):
                await keep([self._sealed(row) for row in rows[at : at + WINDOW]])
            async with self.pool.acquire() as connection:
                await set_mark(connection, self.pull.channel, reached.to_json(), self.clock())
            count += len(rows)
        return count

    def _sealed(self, row: Row) -> Envelope:
        """The same row at the same time of change is the same message."""
        source = self.pull.source
        names = (*source.key, *filter(None, (source.modified,)))
        told = "\x1f".join(row.values.get(name, "") for name in names)
        parcel = row_parcel(row, hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32])
        envelope = self.seal(parcel.raw, self.pull.channel)
        written = row.values.get(source.modified, "") if source.modified else ""
        kind = bounded(parcel.kind)
        return replace(envelope, control_id=parcel.control_id, message_type=kind, written=written)


async def mark(connection: Connection, channel: str) -> str | None:
    """Where a pull stands."""
    found: str | None = await connection.fetchval(MARK, channel)
    return found


async def set_mark(connection: Connection, channel: str, said: str, instant: datetime) -> None:
    await connection.execute(SET_MARK, channel, said, instant)


async def pulling(reception: Reception, pull: Pull) -> None:
    """Pulls for ever; what cannot be read now is tried at the next time."""
    hub = reception.hub
    puller = Puller(pull, hub.pool, lambda raw, channel: reception.seal(raw, channel, None), hub.clock)
    while True:
        try:
            count = await puller.once(lambda envelopes: _received(reception, envelopes))
            if count:
                _log.info("channel %s: %d rows", pull.name, count)
        except PullError as error:
            _log.error("channel %s: %s", pull.name, error)
        except Exception as error:
            _log.error("channel %s: %s", pull.name, type(error).__name__)
        await asyncio.sleep(pull.every)


async def _received(reception: Reception, envelopes: Sequence[Envelope]) -> None:
    """Kept and settled: no more is read than is processed."""
    deliveries = await asyncio.gather(*(reception.receive(envelope) for envelope in envelopes))
    if not all(delivery.stored for delivery in deliveries):
        raise PullError("rows could not be kept")
    for delivery in deliveries:
        if delivery.application is not None:
            await delivery.application


async def _read(pull: Pull, start: Mark | None) -> AsyncIterator[Batch]:
    """Batches, read in one thread of their own, for drivers want that."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, f"pull-{pull.name}") as thread:
        found = _batches(pull, start)
        try:
            while (batch := await loop.run_in_executor(thread, next, found, None)) is not None:
                yield batch
        finally:
            await loop.run_in_executor(thread, found.close)


def _batches(pull: Pull, start: Mark | None) -> Generator[Batch]:
    with front_end(pull.url) as connection:
        yield from batches(connection, pull.source, start, pull.batch)
