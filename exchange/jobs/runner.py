"""Works at jobs, a few at a time, and goes on with those that a hub left behind.

https://hl7.org/fhir/R4/async.html
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.jobs import store
from exchange.jobs.files import remove_files
from exchange.jobs.job import Cancelled, Job, State, Tell
from exchange.outcome import failure, operation_outcome

AT_ONCE: Final = 2
LEASE: Final = timedelta(seconds=60)
# A job that another hub's client has asked for, or left behind, is found so soon.
POLL_SECONDS: Final = 5.0
# Results and files of a job are kept so long after its end.
KEPT: Final = timedelta(hours=24)

# The work of one kind of job, begun or gone on with; gives back the result.
Work = Callable[[Hub, Job, Tell], Awaitable[bytes]]

_log = logging.getLogger(__name__)


class Runner:
    """`works` has the work of each kind of job."""

    def __init__(self, hub: Hub, works: Mapping[str, Work]) -> None:
        self._hub, self._works = hub, works

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())
            group.create_task(self._expire())

    async def _work(self) -> None:
        while True:
            self._hub.jobs.asked.clear()
            try:
                job = await self._claimed()
            except Exception as error:
                _log.error("jobs cannot be taken: %s", type(error).__name__)
                job = None
            if job is not None:
                await self._worked(job)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hub.jobs.asked.wait(), POLL_SECONDS)

    async def _claimed(self) -> Job | None:
        async with self._hub.pool.acquire() as connection:
            return await store.claim(connection, self._hub.clock(), LEASE)

    async def _worked(self, job: Job) -> None:
        """Does it; whatever happens to it is written down."""
        beat = asyncio.create_task(self._beat(job))
        try:
            result = await self._works[job.kind](self._hub, job, self._tell_of(job))
        except asyncio.CancelledError:
            async with self._hub.pool.acquire() as connection:
                await store.release(connection, job.id)
            raise
        except Cancelled:
            await remove_files(self._hub.settings, job.id)
        except Exception as error:
            await self._failed(job, error)
        else:
            await self._end(job, "completed", result, 200)
        finally:
            beat.cancel()

    async def _failed(self, job: Job, error: Exception) -> None:
        failed = failure(error)
        if failed.status >= 500:
            _log.error("a job of kind %s failed: %s", job.kind, type(error).__name__)
        await self._end(job, "failed", dumps(operation_outcome(failed.issues)), failed.status)

    async def _end(self, job: Job, state: State, result: bytes, status: int) -> None:
        async with self._hub.pool.acquire() as connection:
            wanted = await store.end(connection, job.id, state, result, status, self._hub.clock())
        if not wanted:
            await remove_files(self._hub.settings, job.id)

    def _tell_of(self, job: Job) -> Tell:
        async def tell(progress: dict[str, Any], told: str) -> None:
            async with self._hub.pool.acquire() as connection:
                await store.tell(connection, job.id, progress, told, self._hub.clock(), LEASE)

        return tell

    async def _beat(self, job: Job) -> None:
        """Work that has nothing to tell for long keeps its lease."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            async with self._hub.pool.acquire() as connection:
                await store.renew(connection, job.id, self._hub.clock() + LEASE)

    async def _expire(self) -> None:
        while True:
            async with self._hub.pool.acquire() as connection:
                ended = await store.expire(connection, self._hub.clock() - KEPT)
            for id_ in ended:
                await remove_files(self._hub.settings, id_)
            await asyncio.sleep(600)


def expires(ended: datetime) -> datetime:
    """When the result of a job that ended then is forgotten."""
    return ended + KEPT


@asynccontextmanager
async def working(hub: Hub, works: Mapping[str, Work]) -> AsyncIterator[None]:
    """Jobs are worked at meanwhile; what is not done at the end is left for the next start."""
    task = asyncio.create_task(Runner(hub, works).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
