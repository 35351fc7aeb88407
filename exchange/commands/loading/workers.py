"""Processes that prepare units, one conversation each: read → what it declares and asks → answers → writes.

https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
"""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess

from exchange.commands.loading.files import Unit
from exchange.commands.loading.preparation import Prepared, compile_rules, prepare, read

# A fresh interpreter: a fork would copy the event loop and its threads' locks.
_CONTEXT = multiprocessing.get_context("spawn")


class WorkerLost(Exception):
    """A worker process ended in the middle of its work (out of memory?); load again to go on."""

    def __str__(self) -> str:
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a unit declares (`Type|system|value`, `Type/id`), and the conditional references it asks."""

    declared: list[tuple[str, str]]
    asked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Worker:
    """One process at the other end of a pipe."""

    process: BaseProcess
    pipe: Pipe

    async def ask(self, unit: Unit) -> Question:
        """Begin with a unit."""
        question = await self._exchange(unit)
        assert isinstance(question, Question)
        return question

    async def prepare(self, matches: Mapping[str, str]) -> Prepared:
        """Go on with it: conditional reference → `Type/id`."""
        prepared = await self._exchange(matches)
        assert isinstance(prepared, Prepared)
        return prepared

    async def leave(self) -> None:
        """Put the unit aside."""
        await self._exchange(None)

    async def _exchange(self, message: object) -> object:
        try:
            await asyncio.to_thread(self.pipe.send, message)
            return await asyncio.to_thread(self.pipe.recv)
        except (EOFError, OSError):
            raise WorkerLost from None


@asynccontextmanager
async def workers(base: str, number: int) -> AsyncIterator[list[Worker]]:
    """`number` running workers; they end with the block, and with this process."""
    started = [_start(base) for _ in range(number)]
    try:
        yield started
    finally:
        for worker in started:
            worker.pipe.close()
            worker.process.terminate()
        for worker in started:
            await asyncio.to_thread(worker.process.join)


def processors() -> int:
    """How many workers can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(base: str) -> Worker:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_work, args=(theirs, base), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def _work(pipe: Pipe, base: str) -> None:
    """Ctrl-C is for the command, which then closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rules = compile_rules(base)
    try:
        while True:
            unit: Unit = pipe.recv()
            reading = read(unit)
            pipe.send(Question(reading.declared(), frozenset(reading.asked())))
            matches: Mapping[str, str] | None = pipe.recv()
            pipe.send(None if matches is None else prepare(unit, reading, matches, rules))
    except (EOFError, OSError):
        return
