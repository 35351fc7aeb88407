"""Messages of links that number them: kept in their turn, or told which number is expected.

HL7 v2.8 chapter 2, 2.10.1 Sequence number protocol.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from weakref import WeakValueDictionary

import asyncpg

from exchange.inbound.envelope import Envelope
from exchange.inbound.inbox import Receipt, found, keep
from exchange.inbound.sequence import ANY, Turn, expect, expected, number_of, taken, turn


@dataclass(frozen=True, slots=True)
class Numbered:
    """A message in its turn, with the MSA-4 that answers it; `receipt` is None if it was not kept."""

    turn: Turn
    envelope: Envelope
    receipt: Receipt | None


@dataclass(slots=True)
class Links:
    """The links of this process; messages of one take their turn in the order they came."""

    pool: asyncpg.Pool
    channels: frozenset[str]
    keeper: int
    _turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def numbers(self, envelope: Envelope) -> bool:
        """Whether the message is one of a link that numbers them."""
        return envelope.channel in self.channels and number_of(envelope) != ""

    async def kept(self, envelope: Envelope, instant: datetime) -> Numbered:
        """Returns when the message and its number are durable, or what was expected is known."""
        async with self._link(envelope), self.pool.acquire() as connection, connection.transaction():
            number = number_of(envelope)
            told = turn(number, await expected(connection, envelope))
            envelope = replace(envelope, expected=str(told.answer))
            receipt: Receipt | None = None
            if told.meaning == "resynchronise":
                await expect(connection, envelope, ANY)
            elif told.meaning == "next":
                [receipt] = await keep(connection, [(envelope, instant)], self.keeper)
                await expect(connection, envelope, int(number) + 1)
            elif told.meaning == "again":
                receipt = await found(connection, envelope)
                told = told if receipt is not None else taken(told)
            return Numbered(told, envelope, receipt)

    @asynccontextmanager
    async def _link(self, envelope: Envelope) -> AsyncIterator[None]:
        lock = self._turns.setdefault((envelope.channel, envelope.sender), asyncio.Lock())
        async with lock:
            yield
