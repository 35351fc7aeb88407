"""The further processes that answer on the same ports: the first one starts them, and replaces the dead.

The kernel gives each new connection, HTTP or MLLP, to one of them (SO_REUSEPORT). Jobs, channels and the
embedded database stay with the first. What they share is in the database: tokens revoked and search
parameters made at one are known to all within two seconds.

https://man7.org/linux/man-pages/man7/socket.7.html
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from exchange.settings import Settings

READY: Final = b"ready\n"
# A worker says so when it was asked for a job: the first process works at jobs.
JOB: Final = b"job\n"
START_SECONDS: Final = 60.0
FINISH_SECONDS: Final = 15.0
# One that dies is replaced at once; one that dies again and again, less and less often.
SHORTEST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 30.0
# Who has lived so long did not die of starting.
HEALTHY_SECONDS: Final = 30.0

_log = logging.getLogger(__name__)


class WorkerNotStarted(Exception):
    """A worker could not be started; its reason is in the log above."""

    def __str__(self) -> str:
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a worker is told: where to listen, and where the database answers."""

    settings: Settings
    dsn: str


@asynccontextmanager
async def workers(opening: Opening, asked: asyncio.Event) -> AsyncIterator[None]:
    """All but the first process, ready; `asked` is set when one was asked for a job."""
    keepers = [Keeper(opening, asked) for _ in range(opening.settings.workers - 1)]
    try:
        await asyncio.gather(*(keeper.start() for keeper in keepers))
        yield
    finally:
        await asyncio.gather(*(keeper.stop() for keeper in keepers))


class Keeper:
    """Keeps one worker running."""

    def __init__(self, opening: Opening, asked: asyncio.Event) -> None:
        self._opening, self._asked = opening, asked
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns once it answers; raises WorkerNotStarted."""
        self._process = await _started(self._opening)
        self._watching = asyncio.create_task(self._watch(self._process))

    async def stop(self) -> None:
        """What is under way there may finish."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._process is not None:
            await _ended(self._process)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        pause, loop = SHORTEST_PAUSE, asyncio.get_running_loop()
        while True:
            begun = loop.time()
            await self._listen(process)
            _log.error(
                "worker %d ended by itself (%s): another takes its place", process.pid, await process.wait()
            )
            pause = SHORTEST_PAUSE if loop.time() - begun > HEALTHY_SECONDS else min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)
            process = self._process = await self._replaced(pause)

    async def _replaced(self, pause: float) -> asyncio.subprocess.Process:
        while True:
            try:
                return await _started(self._opening)
            except WorkerNotStarted:
                pause = min(2 * pause, LONGEST_PAUSE)
                await asyncio.sleep(pause)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if line == JOB:
                self._asked.set()


async def _started(opening: Opening) -> asyncio.subprocess.Process:
    """In a session of its own, so that what a terminal tells the first process is not told twice. It ends
    when its input does: with us, whatever becomes of us."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "exchange.worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told = f"{opening.settings.model_dump_json()}\n{opening.dsn}\n"
    try:
        process.stdin.write(told.encode())
        async with asyncio.timeout(START_SECONDS):
            if await process.stdout.readline() == READY:
                return process
    except (TimeoutError, ConnectionError):
        pass
    except asyncio.CancelledError:
        await _ended(process)
        raise
    await _ended(process)
    raise WorkerNotStarted


async def _ended(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), FINISH_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
