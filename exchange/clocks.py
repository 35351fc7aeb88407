"""Whether the clock of this hub agrees with the database's, as remembered counts need.

https://www.postgresql.org/docs/18/functions-datetime.html#FUNCTIONS-DATETIME-CURRENT
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import asyncpg

# A third of what `exchange.search.page.counts` allows for: another hub may differ to the other side.
MOST: Final = timedelta(seconds=5)

NOW: Final = "SELECT clock_timestamp()"

_log = logging.getLogger(__name__)


async def agree(pool: asyncpg.Pool, clock: Callable[[], datetime]) -> bool:
    """Whether they differ by at most MOST; what they differ by is logged if it is more."""
    async with pool.acquire() as connection:
        before = clock()
        there: datetime = await connection.fetchval(NOW)
        after = clock()
    apart = max(before - there, there - after)
    if apart > MOST:
        _log.warning(
            "the clocks of hub and database are %d s apart: counts are made anew", apart.total_seconds()
        )
    return apart <= MOST
