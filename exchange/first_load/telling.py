"""What is written through the hub itself: patients told one by one, and enterprise Patients."""

from typing import Final

import asyncpg

from exchange.first_load.tasks import Came, Show, Tell
from exchange.hub import Hub
from exchange.identity import enterprise_writes
from exchange.store import load_write
from exchange.store.connection import Connection
from exchange.store.transact import transact
from mpi.first_load.staging import TOLD, later
from mpi.store import enterprise_patients

ATTEMPTS: Final = 20


async def tell(hub: Hub, connection: Connection, task: Tell) -> Came:
    """A first visit may meet another: then once more."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await _told(hub, connection, task)
        except (asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError):
            continue
    return await _told(hub, connection, task)


async def _told(hub: Hub, connection: Connection, task: Tell) -> Came:
    async with connection.transaction():
        records = await later(connection, task.numbers)
        beside = await enterprise_writes(hub, connection, records)
        await transact(connection, beside, hub.clock())
        await connection.execute(TOLD, task.numbers)
    return Came(len(records))


async def show(hub: Hub, connection: Connection, task: Show) -> Came:
    instant = hub.clock()
    identify = hub.domains.identify
    patients = await enterprise_patients(connection, task.enterprise_ids, hub.settings.base, identify)
    writes = [hub.write("update", patient) for patient in patients]
    try:
        async with connection.transaction():
            await load_write.place(connection, writes, (), instant)
    except asyncpg.UniqueViolationError:  # somebody has shown one meanwhile
        async with connection.transaction():
            await transact(connection, writes, instant)
    return Came(persons=len(writes))
