"""A first load of the patient index: staged, decided and placed by processes, then shown. Named SQL.

Where the index is in use already, patients are staged and then told one after another. What is staged stays
until all is done, so a load that ended goes on, and a repeated one changes nothing.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from exchange.first_load.placing import beside, fill_index
from exchange.first_load.staging import STORE
from exchange.first_load.tasks import (
    LOADING,
    Came,
    Decide,
    Finding,
    Show,
    StageLines,
    StageStored,
    Task,
    Tell,
)
from exchange.loading.chunks import chunks_of
from exchange.loading.conversation import Opening
from exchange.loading.indexing import indexes_aside
from exchange.loading.run import TIDY_FROM, BeingLoaded
from exchange.loading.sources import Source
from exchange.loading.workers import Hands, Worker
from exchange.settings import Settings
from exchange.store import load_indexes
from exchange.store.connection import Connection
from exchange.store.load_rows import INDEX_TABLES
from exchange.store.types import type_number
from mpi.first_load.parts import Part, parts, staged_keys
from mpi.first_load.placing import in_use
from mpi.first_load.staging import FORGET, POSTPONE, left, staged_chunks
from mpi.models import active_scale
from mpi.plans import ENOUGH, make

# One first load at a time; held by the session. The number is arbitrary but ours.
LOCK: Final = "SELECT pg_try_advisory_lock(7811902344523)"
RIDS: Final = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM resource_rid"
UNDECIDED: Final = "TRUNCATE mpi_staged_link, mpi_staged_person, mpi_staged_review"
# Identities whose Patient nobody has stored yet.
UNSHOWN: Final = """
SELECT p.enterprise_id FROM mpi_person p
WHERE p.replaced_by IS NULL
  AND NOT EXISTS (SELECT FROM resource r WHERE r.type = $1 AND r.id = p.enterprise_id)
ORDER BY p.person
"""
STAGED: Final = "SELECT count(*) FROM mpi_staged WHERE NOT later"

# An enterprise Patient is looked for by its id alone.
LOOKED_UP: Final = ("identifier_index",)
PART: Final = 4000
ROUND: Final = 200
SHOWN: Final = 1000
# About what an enterprise Patient takes.
PATIENT_BYTES: Final = 1000
RANGE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Given:
    """A file of a hospital's Patients."""

    hospital: str
    source: Source


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the Patients come from: files, or the store. `hospital`: whose a stored one is if its numbers do
    not say."""

    files: Sequence[Given] = ()
    hospital: str | None = None


@dataclass(slots=True)
class Tally:
    """How far it is; `stage` is what is being done, `done` of `total` of it."""

    stage: str = ""
    done: int = 0
    total: int = 0
    staged: int = 0
    persons: int = 0
    questions: int = 0
    told: int = 0
    shown: int = 0
    nobodys: int = 0
    findings: list[Finding] = field(default_factory=list)


Listener = Callable[[Tally], None]


@dataclass(slots=True)
class Load:
    """One run."""

    dsn: str
    connection: Connection
    hands: Sequence[Worker]
    wanted: Wanted
    tally: Tally
    listener: Listener

    async def run(self) -> None:
        if not await self.connection.fetchval(LOCK):
            raise BeingLoaded("a first load of the patient index is at work already")
        await self._stage()
        await self.connection.execute("ANALYZE mpi_staged")
        await self.connection.execute(POSTPONE, await in_use(self.connection))
        if await self.connection.fetchval(STAGED):
            await self._decide_and_place()
        await self._tell()
        await self._show()
        await self.connection.execute(FORGET)

    async def _stage(self) -> None:
        before = await staged_chunks(self.connection)
        tasks = [task async for task in self._pieces()]
        ours = {(_source(task), _place(task)) for task in tasks}
        if any((source, where) not in ours for (source, _), (where, _) in before.items()):
            await self.connection.execute(FORGET)
            before = {}
        self.tally.staged = sum(records for _, records in before.values())
        new = [task for task in tasks if (_source(task), _start(task)) not in before]

        def came(came: Came) -> None:
            self.tally.staged += came.records
            self.tally.nobodys += came.nobodys
            self.tally.findings += came.findings

        await self._spread("reading", len(new), new, came)

    async def _pieces(self) -> AsyncIterator[StageLines | StageStored]:
        for number, given in enumerate(self.wanted.files):
            name = given.hospital.encode() + given.source.fingerprint()
            for chunk in chunks_of(number, given.source):
                yield StageLines(chunk, name, number, given.hospital)
        if not self.wanted.files:
            last: int = await self.connection.fetchval(RIDS)
            for first in range(0, last + 1, RANGE):
                yield StageStored(first, min(first + RANGE - 1, last), self.wanted.hospital)

    async def _decide_and_place(self) -> None:
        self._now("joining")
        await self.connection.execute(UNDECIDED)
        with tempfile.TemporaryDirectory() as folder:
            keyed = await staged_keys(self.connection, Path(folder))
        digest, _ = await active_scale(self.connection)

        def came(came: Came) -> None:
            self.tally.persons += came.persons
            self.tally.questions += came.questions

        size = len(keyed.numbers)
        await self._spread("deciding", size, _decisions(parts(keyed, PART), digest), came)
        await fill_index(self.dsn, self.connection, digest, self._now)

    async def _tell(self) -> None:
        numbers = await left(self.connection)
        rounds = [Tell(numbers[at : at + ROUND]) for at in range(0, len(numbers), ROUND)]
        # The first thousand alone: until PostgreSQL has seen some rows, it plans as if there were none.
        enough = ENOUGH // ROUND
        for some in (rounds[:enough], rounds[enough:]):
            await self._spread("telling", len(numbers), some, self._one_told)
            if some:
                await make(self.connection)

    def _one_told(self, came: Came) -> None:
        self.tally.told += came.records

    async def _show(self) -> None:
        rows = await self.connection.fetch(UNSHOWN, type_number("Patient"))
        names = [row["enterprise_id"] for row in rows]
        rounds = [Show(names[at : at + SHOWN]) for at in range(0, len(names), SHOWN)]

        def came(came: Came) -> None:
            self.tally.shown += came.persons

        size = len(names) * PATIENT_BYTES
        async with indexes_aside(self.dsn, self.connection, "auto", size, LOOKED_UP):
            await self._spread("writing Patients", len(names), rounds, came)
            self._now("indexing Patients")
        if len(names) >= TIDY_FROM:
            self._now("tidying up")
            async with beside(self.dsn) as other:
                await load_indexes.tidy([self.connection, other], INDEX_TABLES)
            await self.connection.execute(load_indexes.ANALYZE)

    async def _spread(
        self, stage: str, total: int, tasks: Iterable[Task], came: Callable[[Came], None]
    ) -> None:
        """Each worker takes the next task when it has done one."""
        self._now(stage, total)
        coming: Iterator[Task] = iter(tasks)

        async def work(worker: Worker) -> None:
            for task in coming:
                found = await worker.ask(task)
                assert isinstance(found, Came)
                came(found)
                self.tally.done += 1 if isinstance(task, StageLines | StageStored) else _size(found)
                self.listener(self.tally)

        async with asyncio.TaskGroup() as group:
            for worker in self.hands:
                group.create_task(work(worker))

    def _now(self, stage: str, total: int = 0) -> None:
        self.tally.stage, self.tally.done, self.tally.total = stage, 0, total
        self.listener(self.tally)


async def first_load(
    settings: Settings, dsn: str, wanted: Wanted, listener: Listener, hands: Hands, workers: int
) -> Tally:
    """Tell the patient index of many patients. Raises BeingLoaded, InUse."""
    openings = [Opening(settings, dsn, None, False, number, workers) for number in range(workers)]
    connection = await asyncpg.connect(dsn, server_settings=LOADING)
    try:
        async with hands(openings) as started:
            load = Load(dsn, connection, started, wanted, Tally(), listener)
            await load.run()
            return load.tally
    finally:
        await connection.close()


def _decisions(found: Iterator[Part], model: str | None) -> Iterator[Decide]:
    return (Decide(part, model) for part in found)


def _size(came: Came) -> int:
    return came.records or came.persons


def _source(task: StageLines | StageStored) -> bytes:
    return task.source if isinstance(task, StageLines) else STORE


def _start(task: StageLines | StageStored) -> int:
    return task.chunk.start if isinstance(task, StageLines) else task.first


def _place(task: StageLines | StageStored) -> int:
    return task.place if isinstance(task, StageLines) else 0
