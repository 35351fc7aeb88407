"""Processes that prepare units, one conversation each: read → what it declares and asks → answers → writes.

https://docs.python.org/3/library/asyncio-subprocess.html. Not multiprocessing: its fork copies the event
loop's threads and locks, its spawn loads the command line again.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from exchange.commands.loading.conversation import LENGTH, Answer, Question, Spoken, packed, unpacked
from exchange.commands.loading.files import Unit
from exchange.commands.loading.preparation import Prepared

PROGRAM = "exchange.commands.loading.worker"


class WorkerLost(Exception):
    """A worker process ended in the middle of its work (out of memory?); load again to go on."""

    def __str__(self) -> str:
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Worker:
    """One process at the other end of two pipes."""

    process: Process

    async def ask(self, unit: Unit) -> Question:
        """Begin with a unit."""
        question = await self._exchange(unit)
        assert isinstance(question, Question)
        return question

    async def prepare(self, matches: Mapping[str, str]) -> Prepared:
        """Go on with it: conditional reference → `Type/id`."""
        prepared = await self._exchange(Answer(matches))
        assert isinstance(prepared, Prepared)
        return prepared

    async def leave(self) -> None:
        """Put the unit aside."""
        await self._exchange(Answer(None))

    async def _exchange(self, said: Spoken) -> Spoken:
        source, sink = self.process.stdout, self.process.stdin
        assert source is not None
        assert sink is not None
        try:
            sink.write(packed(said))
            await sink.drain()
            (length,) = LENGTH.unpack(await source.readexactly(LENGTH.size))
            return unpacked(await source.readexactly(length))
        except (EOFError, OSError):
            raise WorkerLost from None


@asynccontextmanager
async def workers(base: str, number: int) -> AsyncIterator[list[Worker]]:
    """`number` running workers; they end with the block, and with this process."""
    started: list[Worker] = []
    try:
        for _ in range(number):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", PROGRAM, base, stdin=PIPE, stdout=PIPE
            )
            started.append(Worker(process))
        yield started
    finally:
        for worker in started:
            with suppress(ProcessLookupError):
                worker.process.terminate()
        for worker in started:
            await worker.process.communicate()


def processors() -> int:
    """How many workers can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
