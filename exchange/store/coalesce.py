"""Many concurrent reads become one statement, many concurrent writes one durable commit.

https://www.postgresql.org/docs/18/wal-async-commit.html

Nobody waits for a group to fill: what arrives while one is under way makes the next. So a lone request
costs what it always costs, and the busier the hub, the cheaper each request.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from exchange.store.fetch import Stored, fetch

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Heard = TypeVar("Heard", contravariant=True)

READ_LANES = 2
READ_GROUP = 100
WAITING = 10_000


class Overloaded(Exception):
    """Too many requests wait for the database; try again later."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class Waiter(Protocol[Heard]):
    """Who waits for an answer: a future, or anything that behaves like one. It must not raise."""

    def done(self) -> bool:
        """Whether the answer is not wanted any more."""

    def set_result(self, result: Heard, /) -> None: ...
    def set_exception(self, exception: Any, /) -> None: ...
    def cancel(self) -> Any:
        """There will be no answer."""


class Coalescer(Generic[Item, Answer]):
    """Asks for many items at once. If a group fails, each of its items is asked for alone, so that only
    the one at fault fails. An item whose asker went away before its turn is dropped."""

    def __init__(
        self,
        answer: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        key: Callable[[Item], Hashable] | None,
        lanes: int,
        group: int,
        waiting: int = WAITING,
    ) -> None:
        """`lanes` groups at most are under way; a group has at most `group` items, of different keys if they
        have keys."""
        self._answer, self._key = answer, key
        self._lanes, self._group, self._waiting = lanes, group, waiting
        self._queue: deque[tuple[Item, Waiter[Answer]]] = deque()
        self._flights: set[asyncio.Task[None]] = set()

    async def ask(self, item: Item) -> Answer:
        """The answer; raises what answering raised, or Overloaded."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.hand_in(item, future)
        return await future

    def hand_in(self, item: Item, waiter: Waiter[Answer]) -> None:
        """The same without a coroutine: the waiter will be told. Raises Overloaded."""
        if len(self._queue) >= self._waiting:
            raise Overloaded
        self._queue.append((item, waiter))
        if len(self._flights) < self._lanes:
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)

    @property
    def is_busy(self) -> bool:
        """Whether the next group is waiting already."""
        return bool(self._queue)

    async def _fly(self) -> None:
        try:
            while self._queue:
                await self._serve(self._next_group())
        finally:
            # At once and not by a callback: who asks before the callback ran would find nobody to serve.
            self._flights.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _next_group(self) -> list[tuple[Item, Waiter[Answer]]]:
        if self._key is None:
            taken = [self._queue.popleft() for _ in range(min(len(self._queue), self._group))]
            return [each for each in taken if not each[1].done()]
        group: dict[Hashable, tuple[Item, Waiter[Answer]]] = {}
        later = []
        while self._queue and len(group) < self._group:
            item, waiter = self._queue.popleft()
            key = self._key(item)
            if key in group:
                later.append((item, waiter))
            elif not waiter.done():
                group[key] = item, waiter
        self._queue.extendleft(reversed(later))
        return list(group.values())

    async def _serve(self, group: Sequence[tuple[Item, Waiter[Answer]]]) -> None:
        try:
            answers = await self._answer([item for item, _ in group])
        except asyncio.CancelledError:
            for _, waiter in group:
                waiter.cancel()
            raise
        except Exception as error:
            if len(group) > 1:
                for one in group:
                    await self._serve([one])
            elif group and not group[0][1].done():
                group[0][1].set_exception(error)
            return
        for (_, waiter), answer in zip(group, answers, strict=True):
            if not waiter.done():
                waiter.set_result(answer)


class Reader:
    """Reads current versions."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._reads: Coalescer[tuple[str, str], Stored | None] = Coalescer(
            self._fetch, None, READ_LANES, READ_GROUP
        )
        self._kept: list[PoolConnectionProxy] = []

    async def read(self, type_: str, id_: str) -> Stored | None:
        """The current version; None if there never was one."""
        return await self._reads.ask((type_, id_))

    def hand_in(self, type_: str, id_: str, waiter: Waiter[Stored | None]) -> None:
        """The same without a coroutine: the waiter will be told. Raises Overloaded."""
        self._reads.hand_in((type_, id_), waiter)

    async def _fetch(self, references: Sequence[tuple[str, str]]) -> list[Stored | None]:
        """While the next group is waiting the connection is kept: to return it and to take it again costs as
        much as a third of the statement."""
        connection = self._kept.pop() if self._kept else await self._pool.acquire()
        try:
            found = await fetch(connection, references)
        except BaseException:
            await self._pool.release(connection)
            raise
        if self._reads.is_busy:
            self._kept.append(connection)
        else:
            await self._pool.release(connection)
        return found
