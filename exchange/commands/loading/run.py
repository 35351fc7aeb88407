"""Load files: workers prepare side by side, the store takes unit after unit in the files' order.

A unit whose conditional references name nothing yet waits until all others are stored, so the order of the
files does not matter.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from exchange.commands.loading.files import UNREADABLE, Unit, units_of
from exchange.commands.loading.matches import Matches
from exchange.commands.loading.preparation import Finding, Prepared, unreadable
from exchange.commands.loading.workers import Worker, workers
from exchange.search.criteria import Search
from exchange.store.transact import transact

# So many prepared units may wait for the store, for each worker.
AHEAD = 2
STATEMENT_WRITES = 2000

Tell = Callable[["Tally"], None]


@dataclass(slots=True)
class Tally:
    """What has been loaded so far."""

    files: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def resources(self) -> int:
        """How many stand in the store now as the files say."""
        return self.statuses["created"] + self.statuses["updated"] + self.statuses["unchanged"]


@dataclass(frozen=True, slots=True)
class Load:
    """What the rounds have in common."""

    pool: asyncpg.Pool
    matches: Matches
    tally: Tally
    tell: Tell


async def load_files(
    pool: asyncpg.Pool, search: Search, base: str, files: Sequence[Path], number: int, tell: Tell
) -> Tally:
    """Store what the files hold; `number` workers prepare it, `tell` is called when the tally has grown."""
    load = Load(pool, Matches(search), Tally(), tell)
    waiting: list[Unit] = []
    async with workers(base, number) as hands:
        await Round(load, _units(files, load.tally), waiting).run(hands)
        await Round(load, iter(waiting), None).run(hands)
    return load.tally


def _units(files: Iterable[Path], tally: Tally) -> Iterator[Unit]:
    for path in files:
        try:
            yield from units_of(path)
        except UNREADABLE as error:
            tally.findings.append(unreadable(path, error))
            tally.files += 1


class Round:
    """One way through units. A unit that asks for what is not there goes to `waiting`, if that is given."""

    def __init__(self, load: Load, units: Iterator[Unit], waiting: list[Unit] | None) -> None:
        self._load = load
        self._units = enumerate(units)
        self._waiting = waiting
        self._declared = Turns()
        self._stored = Turns()

    async def run(self, hands: Sequence[Worker]) -> None:
        room = asyncio.Semaphore(AHEAD * len(hands))
        async with asyncio.TaskGroup() as group:
            for worker in hands:
                group.create_task(self._work(worker, room, group))

    async def _work(self, worker: Worker, room: asyncio.Semaphore, group: asyncio.TaskGroup) -> None:
        await room.acquire()
        for number, unit in self._units:
            prepared = await self._prepared(worker, number, unit)
            group.create_task(self._finish(number, unit, prepared, room))
            await room.acquire()
        room.release()

    async def _prepared(self, worker: Worker, number: int, unit: Unit) -> Prepared | None:
        """None for a unit that has to wait."""
        question = await worker.ask(unit)
        self._load.matches.declare(question.declared)
        await self._declared.pass_on(number)
        found: dict[str, str] = {}
        if question.asked:
            await self._declared.reached(number)
            async with self._load.pool.acquire() as connection:
                found = await self._load.matches.of(connection, question.asked)
        if self._waiting is not None and len(found) < len(question.asked):
            await worker.leave()
            return None
        return await worker.prepare(found)

    async def _finish(
        self, number: int, unit: Unit, prepared: Prepared | None, room: asyncio.Semaphore
    ) -> None:
        """In its turn, store the unit or let it wait."""
        await self._stored.reached(number - 1)
        if prepared is not None:
            await self._store(unit, prepared)
        elif self._waiting is not None:
            self._waiting.append(unit)
        await self._stored.pass_on(number)
        room.release()

    async def _store(self, unit: Unit, prepared: Prepared) -> None:
        """All of a unit in one transaction."""
        load, writes, instant = self._load, prepared.writes, datetime.now(UTC)
        async with load.pool.acquire() as connection, connection.transaction():
            for start in range(0, len(writes), STATEMENT_WRITES):
                written = await transact(connection, writes[start : start + STATEMENT_WRITES], instant)
                load.tally.statuses.update(one.status for one in written)
        load.tally.files += unit.ends_file
        load.tally.findings += prepared.findings
        load.tell(load.tally)


class Turns:
    """Numbers from 0 that are passed on in any order; one can wait until all up to a number have been."""

    def __init__(self) -> None:
        self._next = 0
        self._early: set[int] = set()
        self._moved = asyncio.Condition()

    async def pass_on(self, number: int) -> None:
        async with self._moved:
            self._early.add(number)
            while self._next in self._early:
                self._early.remove(self._next)
                self._next += 1
            self._moved.notify_all()

    async def reached(self, number: int) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self._next > number)
