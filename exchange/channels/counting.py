"""What each channel took, answered and refused, and how long that took: counted in memory, kept together.

https://prometheus.io/docs/practices/naming/

Every process counts for itself and adds what it counted to the database every few seconds, so that any of
them tells the counts of all, and a start does not begin at nought.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal

import asyncpg

from exchange.metrics.exposition import Family, Sample
from exchange.store.connection import Connection

SECONDS: Final = 2.0
# Seconds from receipt to result; what takes longer is in `+Inf` only.
BUCKETS: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 300.0)
# Channels are declared, so there are few; should there be more, they are told together.
MOST: Final = 300
OTHERS: Final = "(others)"

Key = tuple[str, str, str]

ADD: Final = """
INSERT INTO channel_count AS c (channel, name, label, number)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[])
ON CONFLICT (channel, name, label) DO UPDATE SET number = c.number + excluded.number"""

FORGET: Final = "DELETE FROM channel_count WHERE name = 'connections'"

ALL: Final = "SELECT channel, name, label, number FROM channel_count ORDER BY channel, name, label"

_FAMILIES: Final[dict[str, tuple[Literal["counter", "gauge"], str, str]]] = {
    "received": ("counter", "", "Messages that were kept."),
    "repeated": ("counter", "", "Messages that were here already."),
    "acknowledged": ("counter", "code", "Answers, by their code."),
    "quarantined": ("counter", "", "Messages that could not be processed."),
    "failed": ("counter", "", "Messages that could not be kept: their senders were told so."),
    "settled": ("counter", "", "Messages that have a result."),
    "settled_seconds": ("counter", "", "Seconds from receipt to result, of all together."),
    "settled_within": ("counter", "le", "Messages that had a result within so many seconds."),
    "connections": ("gauge", "", "Open connections."),
}
_log = logging.getLogger(__name__)


class Counts:
    """What this process counted since it last told. `gauges` are asked then, and how they differ is told."""

    def __init__(self) -> None:
        self._numbers: dict[Key, float] = {}
        self._told: dict[Key, float] = {}
        self._channels: set[str] = set()
        self.gauges: dict[Key, Callable[[], int]] = {}

    def add(self, channel: str, name: str, label: str = "", number: float = 1) -> None:
        if channel not in self._channels:
            if len(self._channels) >= MOST:
                channel = OTHERS
            self._channels.add(channel)
        key = channel, name, label
        self._numbers[key] = self._numbers.get(key, 0) + number

    def settled(self, channel: str, code: str, seconds: float) -> None:
        """A message has a result."""
        self.add(channel, "settled")
        self.add(channel, "settled_seconds", number=seconds)
        if code != "AA":
            self.add(channel, "quarantined")
        for most in BUCKETS:
            if seconds <= most:
                self.add(channel, "settled_within", f"{most:g}")

    async def tell(self, connection: Connection) -> None:
        """Adds it to what all counted; what cannot be told now is told later."""
        numbers, self._numbers = self._numbers, {}
        asked = {key: float(ask()) for key, ask in self.gauges.items()}
        changes = {key: number - self._told.get(key, 0) for key, number in asked.items()}
        told = sorted((numbers | {key: change for key, change in changes.items() if change}).items())
        try:
            if told:
                columns = [list(column) for column in zip(*(key for key, _ in told), strict=True)]
                await connection.execute(ADD, *columns, [number for _, number in told])
        except BaseException:
            for key, number in numbers.items():
                self._numbers[key] = self._numbers.get(key, 0) + number
            raise
        self._told |= asked


async def forget_gauges(connection: Connection) -> None:
    """What processes that are no more had open."""
    await connection.execute(FORGET)


@asynccontextmanager
async def counting(counts: Counts, pool: asyncpg.Pool) -> AsyncIterator[None]:
    """Tells every few seconds, and at the end."""

    async def tell() -> None:
        try:
            async with pool.acquire() as connection, connection.transaction():
                await counts.tell(connection)
        except Exception as error:
            _log.warning("counts of channels wait: %s", type(error).__name__)

    async def telling() -> None:
        while True:
            await asyncio.sleep(SECONDS)
            await tell()

    task = asyncio.create_task(telling())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        counts.gauges = dict.fromkeys(counts.gauges, lambda: 0)
        await tell()


class ChannelMetrics:
    """What all processes counted, when it is asked for."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def __call__(self) -> Sequence[Family]:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(ALL)
        samples: dict[str, list[Sample]] = {name: [] for name in _FAMILIES}
        for row in rows:
            label = _FAMILIES[row["name"]][1]
            labels = {"channel": row["channel"]} | ({label: row["label"]} if label else {})
            samples[row["name"]].append(Sample(labels, row["number"]))
        return [
            Family(f"yilian_channel_{name}{'_total' if kind == 'counter' else ''}", kind, text, samples[name])
            for name, (kind, _, text) in _FAMILIES.items()
        ]
