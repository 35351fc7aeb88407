"""What the hub does of itself every night: how frequent names are is counted anew, for the patient index.

The levels and thresholds of the model stay as somebody activated them; until somebody has, nothing is done.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from exchange.hub import Hub
from mpi.models import activate, active, keep
from mpi.retrain import refreshed

# One process of the deployment does it; the others find it done.
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('mpi nightly'))"
LAST: Final = "SELECT max(activated) FROM mpi_activation WHERE reason = $1"
REASON: Final = "frequencies of names, nightly"
ACTOR: Final = "yilian"
_HALF_A_DAY: Final = timedelta(hours=12)

_log = logging.getLogger(__name__)


@asynccontextmanager
async def every_night(
    hub: Hub, hour: int, work: Callable[[], Awaitable[None]], undone: str
) -> AsyncIterator[None]:
    """Works at that hour of each day meanwhile; `undone` is what the log says if that fails."""
    running = asyncio.create_task(_nights(hub, hour, work, undone))
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def nightly(hub: Hub, hour: int) -> AsyncIterator[None]:
    """Names are counted anew meanwhile; a negative hour means never."""
    if hour < 0:
        yield
        return

    async def count() -> None:
        made = await refresh_names(hub)
        if made is not None:
            _log.info("the frequencies of names were counted anew: model %s", made)

    async with every_night(hub, hour, count, "the frequencies of names were not counted"):
        yield


async def refresh_names(hub: Hub) -> str | None:
    """The name of the model that decides from now on; None if there was nothing to do."""
    async with hub.pool.acquire() as connection, connection.transaction():
        instant = hub.clock()
        digest, _ = await active(connection)
        last = await connection.fetchval(LAST, REASON)
        done = last is not None and instant - last < _HALF_A_DAY
        if digest is None or done or not await connection.fetchval(LOCK):
            return None
        made = await keep(connection, await refreshed(connection), ACTOR, instant)
        await activate(connection, made, ACTOR, REASON, instant)
        return made


def until(now: datetime, hour: int) -> timedelta:
    """How long it is to that hour of the day."""
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (then if then > now else then + timedelta(days=1)) - now


async def _nights(hub: Hub, hour: int, work: Callable[[], Awaitable[None]], undone: str) -> None:
    while True:
        await asyncio.sleep(until(hub.clock().astimezone(), hour).total_seconds())
        try:
            await work()
        except Exception as error:
            _log.warning("%s: %s", undone, type(error).__name__)
