"""Processes that store chunks, one conversation each.

https://docs.python.org/3/library/asyncio-subprocess.html. Not multiprocessing: its fork copies the event
loop's threads and locks, its spawn loads the command line again.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from exchange.loading.conversation import (
    LENGTH,
    Answer,
    Done,
    Opening,
    Question,
    Sayable,
    Task,
    packed,
    unpacked,
)

PROGRAM: Final = "exchange.loading.worker"


class WorkerLost(Exception):
    """A worker process ended in the middle of its work (out of memory?); load again to go on."""

    def __str__(self) -> str:
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Worker:
    """One at the other end of two pipes."""

    source: asyncio.StreamReader
    sink: asyncio.StreamWriter

    async def open(self, opening: Opening) -> None:
        await self._say(opening)

    async def ask(self, task: Sayable) -> Sayable:
        """For programs that answer each task at once."""
        await self._say(task)
        return await self._heard()

    async def begin(self, task: Task) -> Question:
        await self._say(task)
        question = await self._heard()
        assert isinstance(question, Question)
        return question

    async def finish(self, answer: Answer) -> Done:
        await self._say(answer)
        done = await self._heard()
        assert isinstance(done, Done)
        return done

    async def _say(self, said: Sayable) -> None:
        try:
            self.sink.write(packed(said))
            await self.sink.drain()
        except OSError:
            raise WorkerLost from None

    async def _heard(self) -> Sayable:
        try:
            (length,) = LENGTH.unpack(await self.source.readexactly(LENGTH.size))
            return unpacked(await self.source.readexactly(length))
        except (EOFError, OSError):
            raise WorkerLost from None


Hands = Callable[[Sequence[Opening]], AbstractAsyncContextManager[Sequence[Worker]]]


@asynccontextmanager
async def processes(number: int, program: str = PROGRAM) -> AsyncIterator[Hands]:
    """Processes that come up while other things are made ready; they end with the block and with this one."""
    started: list[Process] = []
    try:
        for _ in range(number):
            started.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-P", "-m", program, stdin=PIPE, stdout=PIPE, process_group=0
                )
            )

        @asynccontextmanager
        async def hands(openings: Sequence[Opening]) -> AsyncIterator[list[Worker]]:
            try:
                yield [await _opened(*each) for each in zip(started, openings, strict=True)]
            finally:
                await _ended(started)  # their sessions too: a database of our own waits for those

        yield hands
    finally:
        await _ended(started)


@asynccontextmanager
async def workers(openings: Sequence[Opening]) -> AsyncIterator[Sequence[Worker]]:
    """A process for each."""
    async with processes(len(openings)) as hands, hands(openings) as opened:
        yield opened


async def _ended(started: Sequence[Process]) -> None:
    for process in started:
        with suppress(ProcessLookupError):
            process.terminate()
    for process in started:
        await process.communicate()


async def _opened(process: Process, opening: Opening) -> Worker:
    assert process.stdin is not None
    assert process.stdout is not None
    worker = Worker(process.stdout, process.stdin)
    await worker.open(opening)
    return worker


def processors() -> int:
    """How many workers can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
