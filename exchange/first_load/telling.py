"""What is written through the hub itself: patients told one by one."""

from typing import Final

import asyncpg

from exchange.first_load.tasks import Came, Tell
from exchange.hub import Hub
from exchange.identity import enterprise_writes
from exchange.store.connection import Connection
from exchange.store.transact import transact
from mpi.first_load.staging import TOLD, later

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
