"""Which processes are there: each holds an advisory lock, which PostgreSQL lets go of when it dies.

https://www.postgresql.org/docs/18/explicit-locking.html#ADVISORY-LOCKS

A kept message names the process that has it in hand (`inbox.keeper`), so that what a dead one had is known at
once, to whatever process of whatever hub.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncpg

from exchange.database import CONNECT_SECONDS, SESSION

# The kind of the advisory locks on processes.
PROCESSES: Final = 7_811_903
RETRY_SECONDS: Final = 0.25
# After the database was away all take their locks again: until then nobody is taken for dead.
GRACE_SECONDS: Final = 2.0

# False if another process has the number.
HOLD: Final = "SELECT pg_try_advisory_lock($1, $2)"

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Presence:
    """A process's number. It may judge who is dead once it is back for long enough, `since` the loop's
    time."""

    number: int
    since: float = float("-inf")
    held: bool = True

    @property
    def may_judge(self) -> bool:
        return self.held and asyncio.get_running_loop().time() - self.since > GRACE_SECONDS


@asynccontextmanager
async def present(dsn: str) -> AsyncIterator[Presence]:
    """The lock is held meanwhile; a connection that is lost is opened again."""
    connection = await _connected(dsn)
    presence = Presence(await _numbered(connection))
    staying = asyncio.create_task(_stay(dsn, presence, connection))
    try:
        yield presence
    finally:
        staying.cancel()
        await asyncio.gather(staying, return_exceptions=True)


async def _numbered(connection: asyncpg.Connection) -> int:
    while True:
        number = 1 + secrets.randbelow((1 << 31) - 1)
        if await connection.fetchval(HOLD, PROCESSES, number):
            return number


async def _stay(dsn: str, presence: Presence, connection: asyncpg.Connection | None) -> None:
    while True:
        try:
            connection = connection or await _held_again(dsn, presence)
            await _until_lost(connection)
            _log.warning("the process's lock is lost with its connection")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass  # until the database is back
        finally:
            presence.held = False
            if connection is not None:
                connection.terminate()
        connection = None
        await asyncio.sleep(RETRY_SECONDS)


async def _held_again(dsn: str, presence: Presence) -> asyncpg.Connection:
    connection = await _connected(dsn)
    try:
        if not await connection.fetchval(HOLD, PROCESSES, presence.number):
            raise ConnectionError("our own old session has not ended yet")
    except BaseException:
        connection.terminate()
        raise
    presence.since, presence.held = asyncio.get_running_loop().time(), True
    return connection


async def _until_lost(connection: asyncpg.Connection) -> None:
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    if not connection.is_closed():
        await lost.wait()


async def _connected(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings=SESSION)
