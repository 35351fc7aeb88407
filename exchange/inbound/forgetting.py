"""Which messages told of a patient is kept for so many days; then one row says that there was more.

Every night all that was told by messages received before that becomes, for each subject, one telling of
nothing: what comes with a place before it only completes what is stored (`exchange.inbound.lateness`), for
what stands behind its place is not known any more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from exchange.hub import Hub
from exchange.nightly import every_night
from exchange.store.connection import Connection

STEP: Final = 5_000
# The hour where names are never counted.
HOUR: Final = 3

# One process of the deployment does it.
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('telling nightly'))"

# The last subject of the next step behind $1; NULL behind the last of all.
NEXT: Final = """
SELECT coalesce(
    (SELECT subject FROM telling WHERE subject > $1 ORDER BY subject, place OFFSET $2 LIMIT 1),
    (SELECT max(subject) FROM telling WHERE subject > $1))"""

# Of what messages before $3 told of these subjects, the latest tells of nothing any more, the rest goes.
FORGET: Final = """
WITH old AS (
    SELECT subject, place, row_number() OVER (PARTITION BY subject ORDER BY place DESC) AS nth
    FROM telling WHERE subject > $1 AND subject <= $2 AND message < $3
), emptied AS (
    UPDATE telling t SET refs = '{}', versions = '{}' FROM old o
    WHERE o.nth = 1 AND t.subject = o.subject AND t.place = o.place AND t.refs <> '{}'
)
DELETE FROM telling t USING old o WHERE o.nth > 1 AND t.subject = o.subject AND t.place = o.place"""

# The first message from a number on, and the number behind the last.
AT: Final = "SELECT id, received FROM inbox WHERE id >= $1 ORDER BY id LIMIT 1"
END: Final = "SELECT coalesce(max(id), 0) + 1 FROM inbox"
FIRST: Final = -(1 << 63)


@asynccontextmanager
async def forgetting(hub: Hub) -> AsyncIterator[None]:
    """Every night meanwhile; with 0 days never."""
    settings = hub.settings
    if not settings.order_days:
        yield
        return

    async def work() -> None:
        await forget(hub, hub.clock() - timedelta(days=settings.order_days))

    hour = settings.names_at if settings.names_at >= 0 else HOUR
    async with every_night(hub, hour, work, "what messages told was not forgotten"):
        yield


async def forget(hub: Hub, before: datetime) -> None:
    """Forgets what messages told that were received before a moment, a step at a time."""
    async with hub.pool.acquire() as connection:
        boundary = await first_since(connection, before)
        reached = FIRST
        while True:
            async with connection.transaction():
                last = await connection.fetchval(NEXT, reached, STEP)
                if last is None or not await connection.fetchval(LOCK):
                    return
                await connection.execute(FORGET, reached, last, boundary)
            reached = last


async def first_since(connection: Connection, moment: datetime) -> int:
    """The number of the first message received since, by halving: numbers grow with the time of receipt."""
    low, high = 0, await connection.fetchval(END)
    while low < high:
        middle = (low + high) // 2
        found = await connection.fetchrow(AT, middle)
        if found is None or found["received"] >= moment:
            high = middle
        else:
            low = found["id"] + 1
    return int(low)
