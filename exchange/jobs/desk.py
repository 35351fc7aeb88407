"""Where interactions ask for jobs, and ask after them.

https://hl7.org/fhir/R4/async.html
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from exchange.jobs import store
from exchange.jobs.job import Job, Kickoff

# So many jobs of one client are under way or waiting.
MOST_OPEN: Final = 10


class TooManyJobs(Exception):
    """This client has too many jobs that are not at their end; wait for one, or cancel it."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class Desk:
    """`asked` tells those who work at jobs that there may be a new one."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], datetime]) -> None:
        self._pool, self._clock = pool, clock
        self.asked = asyncio.Event()

    async def ask(self, kickoff: Kickoff) -> UUID:
        """The id of the new job; raises TooManyJobs. Its id is all that one needs to ask after it, beside
        being the same client: so nobody can guess it."""
        id_ = uuid4()
        async with self._pool.acquire() as connection:
            if await store.count_open(connection, kickoff.grant.client_id) >= MOST_OPEN:
                raise TooManyJobs
            await store.enqueue(connection, id_, kickoff, self._clock())
        self.asked.set()
        return id_

    async def job(self, id_: UUID, client: str) -> Job | None:
        """The job, if this client asked for it."""
        async with self._pool.acquire() as connection:
            return await store.job_of(connection, id_, client)

    async def cancel(self, id_: UUID) -> None:
        """The job comes to no end, or its result is forgotten."""
        async with self._pool.acquire() as connection:
            await store.cancel(connection, id_, self._clock())
