"""What became of the values of messages, as metrics."""

from collections.abc import Sequence
from typing import Final

import asyncpg

from exchange.coverage import store
from exchange.coverage.store import Covered
from exchange.coverage.tally import OTHERS
from exchange.metrics.exposition import Family, Sample

# Hospitals and types are named by who sends: so many pairs are told apart.
MOST: Final = 1000


class CoverageMetrics:
    """Read when it is asked for: every process tells the same."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def __call__(self) -> Sequence[Family]:
        async with self._pool.acquire() as connection:
            return families(await store.totals(connection))


def families(found: Sequence[Covered]) -> list[Family]:
    """Pure. The pairs with most messages are told apart."""
    messages = [each for each in found if each.disposition == "message"]
    most = sorted(messages, key=lambda each: -each.number)[:MOST]
    few = {(each.hospital, each.message_type) for each in most}
    numbers: dict[tuple[str, str, str], int] = {}
    for each in found:
        pair = (each.hospital, each.message_type)
        key = (*(pair if pair in few else (OTHERS, OTHERS)), each.disposition)
        numbers[key] = numbers.get(key, 0) + each.number
    told = [({"hospital": h, "type": t}, d, number) for (h, t, d), number in numbers.items()]
    translated = [Sample(labels, number) for labels, kind, number in told if kind == "message"]
    values = [
        Sample({**labels, "disposition": kind}, number) for labels, kind, number in told if kind != "message"
    ]
    return [
        Family("yilian_translated_messages_total", "counter", "Messages translated.", translated),
        Family(
            "yilian_source_values_total", "counter", "Values of messages, by what became of them.", values
        ),
    ]
