"""Patients told to the index alone, without resources: many in flight are decided and committed together.

What arrives while a group is under way makes the next one (`exchange.store.coalesce`): a lone visit waits for
nobody, and takes two round trips.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import asyncpg

from exchange.store.coalesce import Coalescer
from mpi.first_visits import settle
from mpi.normalisation.demographics import Identify
from mpi.store import Record, Resolution, resolution, resolve_all
from mpi.visit import met

# While one group is written the next is decided.
LANES: Final = 2
GROUP: Final = 32


class Visits:
    """Whose the patients are that hospitals tell of."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], datetime], identify: Identify) -> None:
        self._pool, self._clock, self._identify = pool, clock, identify
        self._visits: Coalescer[Record, Resolution] = Coalescer(
            self._tell, lambda record: record.patient_id, LANES, GROUP
        )

    async def tell(self, record: Record) -> Resolution:
        """Durable when it returns. Raises Overloaded."""
        return await self._visits.ask(record)

    async def _tell(self, records: Sequence[Record]) -> list[Resolution]:
        async with self._pool.acquire() as connection:
            found = await self._first(connection, records)
            if rest := [record for record in records if record.patient_id not in found]:
                async with connection.transaction():
                    told = await resolve_all(connection, rest, self._clock(), self._identify)
                found |= {record.patient_id: each for record, each in zip(rest, told, strict=True)}
        return [found[record.patient_id] for record in records]

    async def _first(
        self, connection: asyncpg.pool.PoolConnectionProxy, records: Sequence[Record]
    ) -> dict[str, Resolution]:
        """Of those that nobody told of before; none, if somebody came between."""
        meeting = await met(connection, records, self._identify)
        if not meeting.contents:
            return {}
        if meeting.is_one_statement:
            arrivals = await settle(connection, meeting, self._clock())
        else:
            async with connection.transaction():
                arrivals = await settle(connection, meeting, self._clock())
        patients = [content.patient_id for content in meeting.contents]
        return dict(zip(patients, map(resolution, arrivals or ()), strict=False))
