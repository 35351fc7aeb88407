"""Writes that have nothing to do with one another, made durable together.

https://www.postgresql.org/docs/18/wal-async-commit.html
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from exchange.store.batch import Write
from exchange.store.coalesce import Coalescer, Waiter
from exchange.store.connection import Connection
from exchange.store.transact import Written, create, transact

Answer = TypeVar("Answer")

LANES = 2
GROUP = 100
# Groups of creations, each of at most so many; more than that go alone.
CREATIONS = 16
TOGETHER = 100


class Committer:
    """Commits writes, each with an outcome of its own. What shares a commit has the time of the latest."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._commits: Coalescer[tuple[Write, datetime], Written] = Coalescer(
            self._commit, lambda item: (item[0].type, item[0].id), LANES, GROUP
        )
        self._creations: Coalescer[tuple[Sequence[Write], datetime], list[Written]] = Coalescer(
            self._create, None, LANES, CREATIONS
        )
        lanes: tuple[Coalescer[Any, Any], ...] = (self._commits, self._creations)
        self._kept: dict[Coalescer[Any, Any], list[PoolConnectionProxy]] = {lane: [] for lane in lanes}

    async def commit(self, write: Write, instant: datetime) -> Written:
        """Returns once the write is durable."""
        return await self._commits.ask((write, instant))

    def hand_in(self, write: Write, instant: datetime, waiter: Waiter[Written]) -> None:
        """The same without a coroutine: the waiter will be told. Raises Overloaded."""
        self._commits.hand_in((write, instant), waiter)

    async def create(self, writes: Sequence[Write], instant: datetime) -> list[Written]:
        """New resources whose ids we made, all or none; returns once they are durable."""
        if len(writes) <= TOGETHER:
            return await self._creations.ask((writes, instant))
        async with self._pool.acquire() as connection:
            return await create(connection, writes, instant)

    async def _commit(self, items: Sequence[tuple[Write, datetime]]) -> list[Written]:
        writes = [write for write, _ in items]
        latest = max((instant for _, instant in items), default=datetime.min)

        async def work(connection: Connection) -> list[Written]:
            if all(write.action == "create" for write in writes):
                try:
                    return await create(connection, writes, latest)
                except asyncpg.UniqueViolationError:
                    return await transact(connection, writes, latest)  # which says of each what happened
            async with connection.transaction():
                return await transact(connection, writes, latest)

        return await self._on_connection(self._commits, work)

    async def _create(self, items: Sequence[tuple[Sequence[Write], datetime]]) -> list[list[Written]]:
        writes = [write for several, _ in items for write in several]
        latest = max((instant for _, instant in items), default=datetime.min)
        written = iter(
            await self._on_connection(self._creations, lambda connection: create(connection, writes, latest))
        )
        return [[next(written) for _ in several] for several, _ in items]

    async def _on_connection(
        self, lane: Coalescer[Any, Any], work: Callable[[Connection], Awaitable[Answer]]
    ) -> Answer:
        """While the next group is waiting the connection is kept: returning and taking one costs time."""
        kept = self._kept[lane]
        connection = kept.pop() if kept else await self._pool.acquire()
        try:
            answer = await work(connection)
        except BaseException:
            await self._pool.release(connection)
            raise
        if lane.is_busy:
            kept.append(connection)
        else:
            await self._pool.release(connection)
        return answer
