"""Counts what became of fields without a write for each message: added up in memory, written every minute.

What a hub had not written when it was killed is missing from the counts, and from nothing else: each message
has its own in the inbox.

https://docs.python.org/3/library/asyncio-task.html
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg

from adapters.translation import Translation
from exchange.coverage import store
from exchange.coverage.tally import Count, Group, Tally

FLUSH_SECONDS: Final = 60.0
AT_ONCE: Final = 2_000
# So many groups are told apart until they are written.
MOST_GROUPS: Final = 2_000
OTHERS: Final = "(others)"
KEPT_BY_DAY: Final = timedelta(days=62)

_log = logging.getLogger(__name__)


class CoverageCounts:
    """What a running hub has translated and not written yet."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], datetime]) -> None:
        self._pool, self._clock = pool, clock
        self._tallies: dict[Group, Tally] = {}
        self._unwritten: list[tuple[Group, Count]] = []
        self._compacted: date | None = None

    def count(self, hospital: str, message_type: str, made: Translation) -> None:
        """A message's transaction is committed."""
        today = self._clock().date()
        group = Group(hospital, message_type, today)
        if group not in self._tallies and len(self._tallies) >= MOST_GROUPS:
            group = Group(OTHERS, OTHERS, today)
        tally = self._tallies.get(group)
        if tally is None:
            tally = self._tallies[group] = Tally()
        tally.add(made)

    async def flush(self) -> None:
        """What was counted is in the database when this returns."""
        await self._write()
        tallies, self._tallies = self._tallies, {}
        for group, tally in sorted(tallies.items(), key=lambda item: item[0]):
            self._unwritten += [(group, count) for count in sorted(tally.counts())]
            await asyncio.sleep(0)  # messages get their turn
        await self._write()
        await self._compact()

    async def _write(self) -> None:
        while self._unwritten:
            async with self._pool.acquire() as connection:
                await store.add(connection, self._unwritten[:AT_ONCE])
            del self._unwritten[:AT_ONCE]

    async def _compact(self) -> None:
        """Once a day."""
        today = self._clock().date()
        if self._compacted != today:
            async with self._pool.acquire() as connection:
                await store.compact(connection, today - KEPT_BY_DAY)
            self._compacted = today

    async def keep_flushing(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.try_to_flush()

    async def try_to_flush(self) -> None:
        try:
            await self.flush()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("fields cannot be counted: %s", type(error).__name__)


@asynccontextmanager
async def kept_coverage(counts: CoverageCounts) -> AsyncIterator[CoverageCounts]:
    """Counts are written meanwhile, and at the end."""
    flushing = asyncio.create_task(counts.keep_flushing())
    try:
        yield counts
    finally:
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        await counts.try_to_flush()
