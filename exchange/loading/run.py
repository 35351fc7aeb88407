"""Load files: workers store chunks side by side, each with its mark, so that a load can go on where it ended.

A chunk whose conditional references name nothing yet waits until all others are stored, so the order of the
files does not matter.
"""

import asyncio
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg

from exchange.loading.chunks import Chunk, chunks_of
from exchange.loading.conversation import Answer, Opening, Task
from exchange.loading.finding import Finding, of_kept
from exchange.loading.indexing import Policy, indexes_aside
from exchange.loading.matches import Declared
from exchange.loading.preparing import unreadable
from exchange.loading.sources import UNREADABLE, Source
from exchange.loading.turns import Turns
from exchange.loading.workers import Hands, Worker, workers
from exchange.settings import Settings
from exchange.store import load_indexes, load_progress
from exchange.store.connection import Connection
from exchange.store.load_progress import Begun, Mark
from exchange.store.load_rows import INDEX_TABLES
from mpi import plans as mpi_plans

# From so many resources on, a load tells PostgreSQL at its end what has become of the tables.
TIDY_FROM: Final = 10_000


class BeingLoaded(Exception):
    """Another load is at work on this file."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to and how. `hospital`: whose the Patients are; `with_text`: findings quote their lines."""

    settings: Settings
    dsn: str
    workers: int
    hospital: str | None = None
    indexes: Policy = "auto"
    with_text: bool = False


@dataclass(slots=True)
class Tally:
    """What has been loaded so far; `earlier` is what a run before this one had stored of the same files."""

    files: int = 0
    covered: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    earlier: int = 0
    findings: int = 0
    stage: str = "loading"
    complete: bool = False

    @property
    def resources(self) -> int:
        """How many this run has made stand in the store as the files say."""
        return self.created + self.updated + self.unchanged

    def add(self, mark: Mark) -> None:
        counts = mark.counts
        self.created += counts.created
        self.updated += counts.updated
        self.unchanged += counts.unchanged
        self.rejected += counts.rejected
        self.findings += len(mark.findings)

    def add_earlier(self, mark: Mark) -> None:
        counts = mark.counts
        self.earlier += counts.created + counts.updated + counts.unchanged
        self.rejected += counts.rejected
        self.findings += len(mark.findings)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told: of the tally when it has grown, of each finding when it is known."""

    tell: Callable[[Tally], None]
    note: Callable[[Path, Finding], None]


async def load(
    sources: Sequence[Source],
    target: Target,
    listener: Listener,
    stop: asyncio.Event | None = None,
    hands: Hands = workers,
) -> Tally:
    """Store what the files hold. Once `stop` is set no chunk is begun; to load again goes on there."""
    tally = Tally()
    connection = await asyncpg.connect(target.dsn)
    try:
        begun = await _begin(connection, sources, tally, listener)
        tells = await mpi_plans.are_to_be_made(connection) if target.hospital else False
        to_come = sum(source.size * (8 if source.is_compressed else 1) for source in sources) - tally.covered
        async with indexes_aside(target.dsn, connection, target.indexes, to_come):
            run = Run(sources, begun, listener, tally, stop or asyncio.Event(), connection if tells else None)
            async with hands(_openings(target)) as started:
                await run.work(started)
            tally.stage = "indexing"
            listener.tell(tally)
        await _end(connection, begun, tally)
    finally:
        await connection.close()
    listener.tell(tally)
    return tally


def _openings(target: Target) -> list[Opening]:
    number = target.workers
    return [
        Opening(target.settings, target.dsn, target.hospital, target.with_text, n, number)
        for n in range(number)
    ]


async def _begin(
    connection: Connection, sources: Sequence[Source], tally: Tally, listener: Listener
) -> dict[int, Begun]:
    """What is stored of each source already. One that cannot be read at all is told, and left out."""
    begun: dict[int, Begun] = {}
    run = uuid4()
    for place, source in enumerate(sources):
        try:
            fingerprint = source.fingerprint()
        except OSError as error:
            listener.note(source.path, Finding(0, unreadable(error)))
            tally.findings += 1
            tally.files += 1
            continue
        if not await load_progress.lock(connection, fingerprint):
            raise BeingLoaded(f"{source.path} is being loaded already")
        begun[place] = await load_progress.begin(
            connection, fingerprint, str(source.path), run, place, datetime.now(UTC)
        )
        for mark in begun[place].marks:
            tally.add_earlier(mark)
            tally.covered += 0 if source.is_compressed else mark.size
            for value in mark.findings:
                listener.note(source.path, of_kept(value))
    return begun


async def _end(connection: Connection, begun: dict[int, Begun], tally: Tally) -> None:
    if tally.complete:
        for each in begun.values():
            await load_progress.finish(connection, each.load, datetime.now(UTC))
    if tally.created + tally.updated >= TIDY_FROM:
        tally.stage = "tidying up"
        await load_indexes.tidy([connection], INDEX_TABLES)
        await connection.execute(load_indexes.ANALYZE)


@dataclass(slots=True)
class Run:
    """The chunks of all sources on their way through the workers."""

    sources: Sequence[Source]
    begun: dict[int, Begun]
    listener: Listener
    tally: Tally
    stop: asyncio.Event
    analysed_by: Connection | None = None
    declared: Declared = field(default_factory=Declared)
    waiting: set[int] = field(default_factory=set)
    last: bool = False

    async def work(self, hands: Sequence[Worker]) -> None:
        """All chunks once, then again those that had to wait: what is then left of their sources."""
        await self._round(self._chunks(self.begun), hands)
        self.last = True
        await self._round(self._chunks(sorted(self.waiting)), hands)
        self.tally.complete = not self.stop.is_set()

    async def _round(self, chunks: Iterator[Chunk], hands: Sequence[Worker]) -> None:
        numbered, turns, one_at_a_time = enumerate(chunks), Turns(), asyncio.Lock()

        async def work(worker: Worker) -> None:
            while not self.stop.is_set():
                async with one_at_a_time:
                    taken = await asyncio.to_thread(next, numbered, None)
                if taken is None:
                    break
                await self._one(worker, turns, *taken)

        async with asyncio.TaskGroup() as group:
            for worker in hands:
                group.create_task(work(worker))

    async def _one(self, worker: Worker, turns: Turns, number: int, chunk: Chunk) -> None:
        begun = self.begun[chunk.source]
        question = await worker.begin(Task(begun.load, begun.round, chunk))
        self.declared.add(question.declared)
        await turns.pass_on(number)
        if question.asked:
            await turns.reached(number)
        done = await worker.finish(Answer(self.declared.of(question.asked), self.last))
        if done.mark is None:
            self.waiting.add(chunk.source)
            return
        insort(begun.marks, replace(done.mark, findings=()), key=lambda mark: mark.start)
        self.tally.add(done.mark)
        self.tally.covered += chunk.covers
        for value in done.mark.findings:
            self.listener.note(chunk.path, of_kept(value))
        self.listener.tell(self.tally)
        await self._planned()

    async def _planned(self) -> None:
        """Once some patients are there, what PostgreSQL planned for an empty index is planned anew."""
        if self.analysed_by is not None and self.tally.created >= mpi_plans.ENOUGH:
            connection, self.analysed_by = self.analysed_by, None
            await mpi_plans.make(connection)

    def _chunks(self, places: Iterable[int]) -> Iterator[Chunk]:
        """What is left of these sources, in their order."""
        for place in places:
            source = self.sources[place]
            try:
                yield from chunks_of(place, source, tuple(self.begun[place].marks))
            except UNREADABLE as error:
                self.listener.note(source.path, Finding(0, unreadable(error)))
                self.tally.findings += 1
            self.tally.files += not self.last
