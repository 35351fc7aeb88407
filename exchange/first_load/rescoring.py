"""The whole index decided anew by several processes; by this one alone where there is little."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg

from exchange.database import SESSION, migrate, open_database
from exchange.first_load.tasks import Came, Rescore
from exchange.first_load.worker import PROGRAM
from exchange.loading.conversation import Opening
from exchange.loading.workers import Worker, processes, processors
from exchange.settings import Settings
from mpi.models import active_scale
from mpi.relink import Relinked, relink_part
from mpi.relink_parts import parts_of_index

# Processes take seconds to come up; so many parts are done sooner without them.
FEW: Final = 8

Told = Callable[[int, int, int], None]


async def rescored(settings: Settings, workers: int, told: Told) -> int:
    """How many differences were found. `told`: records, persons to join, persons to part, so far."""
    async with open_database(settings) as database:
        await migrate(database.dsn)
        connection = await asyncpg.connect(database.dsn, server_settings=SESSION)
        try:
            digest, by = await active_scale(connection)
            parts, instant = await parts_of_index(connection), datetime.now(UTC)
            sums = _Sums(told)
            if len(parts) > FEW:
                tasks = [Rescore(part, digest, instant) for part in parts]
                await _by_processes(settings, database.dsn, workers or processors(), tasks, sums)
            else:
                for part in parts:
                    sums.add(await relink_part(connection, part, by, instant))
            return sums.found.together + sums.found.apart
        finally:
            await connection.close()


class _Sums:
    def __init__(self, told: Told) -> None:
        self.found = Relinked(0, 0, 0)
        self._told = told

    def add(self, part: Relinked) -> None:
        self.found = Relinked(*map(sum, zip(self.found, part, strict=True)))
        self._told(*self.found)


async def _by_processes(
    settings: Settings, dsn: str, number: int, tasks: Sequence[Rescore], sums: _Sums
) -> None:
    openings = [Opening(settings, dsn, None, False, each, number) for each in range(number)]
    coming: Iterator[Rescore] = iter(tasks)

    async def work(worker: Worker) -> None:
        for task in coming:
            came = await worker.ask(task)
            assert isinstance(came, Came)
            sums.add(Relinked(came.records, came.persons, came.questions))

    async with (
        processes(number, PROGRAM) as hands,
        hands(openings) as started,
        asyncio.TaskGroup() as group,
    ):
        for worker in started:
            group.create_task(work(worker))
