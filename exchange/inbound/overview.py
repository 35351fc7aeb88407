"""The inbox at a glance: how much of what state, what waits and for how long, how long processing takes.

https://www.postgresql.org/docs/18/indexes-partial.html

Nothing here shows what is in a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from exchange.metrics.exposition import Family, Sample
from exchange.store.connection import Connection

# Messages of each state, hospital and channel, and when the oldest of them came.
COUNTS: Final = """
SELECT state, hospital, channel, count(*) AS number, min(received) AS oldest FROM inbox
WHERE $1::text IS NULL OR hospital = $1 GROUP BY state, hospital, channel ORDER BY state, hospital, channel"""

# The same of what somebody or something has to do yet, by the partial indexes.
OPEN: Final = """
SELECT 'received' AS state, hospital, channel, count(*) AS number, min(received) AS oldest
FROM inbox WHERE state = 'received' GROUP BY hospital, channel
UNION ALL
SELECT 'quarantined', hospital, channel, count(*), min(received)
FROM inbox WHERE state = 'quarantined' GROUP BY hospital, channel
ORDER BY state, hospital, channel"""

# How long the latest messages took from receipt to the end of their transaction, in seconds.
LAG: Final = """
SELECT channel, count(*) AS number, percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS half,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY took) AS most, max(took) AS longest
FROM (SELECT channel, extract(epoch FROM processed - received)::float8 AS took
      FROM inbox WHERE ($1::text IS NULL OR hospital = $1) AND processed IS NOT NULL AND attempts = 1
      ORDER BY id DESC LIMIT $2) latest
GROUP BY channel ORDER BY channel"""

LATEST: Final = 10_000
# A hospital is named by who sends: more of them than this are told together.
MOST_HOSPITALS: Final = 200
OTHERS: Final = "(others)"


@dataclass(frozen=True, slots=True)
class Count:
    """`oldest` is when the first of them came."""

    state: str
    hospital: str
    channel: str
    number: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from receipt to the result: of half the messages, of 99 in 100, of the slowest."""

    channel: str
    number: int
    half: float
    most: float
    longest: float


async def counts(connection: Connection, hospital: str | None = None) -> list[Count]:
    """Of all messages, or of one hospital's."""
    return [Count(**row) for row in await connection.fetch(COUNTS, hospital)]


async def lags(connection: Connection, hospital: str | None = None) -> list[Lag]:
    """Of the latest messages that were processed once."""
    return [Lag(**row) for row in await connection.fetch(LAG, hospital, LATEST)]


class InboxMetrics:
    """What waits and what is quarantined, when it is asked for."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def __call__(self) -> Sequence[Family]:
        async with self._pool.acquire() as connection:
            found = [Count(**row) for row in await connection.fetch(OPEN)]
            now: datetime = await connection.fetchval("SELECT now()")
        return families(found, now)


def families(found: Sequence[Count], now: datetime) -> list[Family]:
    """Pure."""
    numbers: dict[tuple[str, str, str], int] = {}
    ages: dict[str, float] = {}
    few = {each.hospital for each in sorted(found, key=lambda each: -each.number)[:MOST_HOSPITALS]}
    for each in found:
        key = each.state, each.hospital if each.hospital in few else OTHERS, each.channel
        numbers[key] = numbers.get(key, 0) + each.number
        if each.state == "received":
            age = max(0.0, (now - each.oldest).total_seconds())
            ages[each.channel] = max(age, ages.get(each.channel, 0.0))
    samples = [
        Sample({"state": state, "hospital": hospital, "channel": channel}, number)
        for (state, hospital, channel), number in numbers.items()
    ]
    waiting = [Sample({"channel": channel}, round(age, 3)) for channel, age in ages.items()]
    return [
        Family("yilian_inbox_messages", "gauge", "Messages that wait or are quarantined.", samples),
        Family("yilian_inbox_oldest_seconds", "gauge", "How long the oldest message waits.", waiting),
    ]
