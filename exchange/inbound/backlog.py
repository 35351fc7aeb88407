"""What is kept and in nobody's hand: messages of the run before, of a process that died, or to be replayed.

At start they are worked off in pieces, in the order they came, while new ones are kept and wait their turn
behind them. Of those at most one is let in for two that are done, so the backlog shrinks whatever comes. Each
process works off its share of the senders, then helps with what is left.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from exchange.hub import Hub
from exchange.inbound.dispatch import IN_HAND, Dispatcher
from exchange.inbound.envelope import Envelope
from exchange.inbound.gate import Gate
from exchange.inbound.inbox import Pending
from exchange.inbound.job import Job
from exchange.inbound.presence import Presence
from exchange.inbound.taking_up import results, take_up
from exchange.inbound.turns import turns_for_others

PIECE: Final = IN_HAND // 2
FIRST: Final = IN_HAND // 2
SWEEP_SECONDS: Final = 1.0
# Who has nothing to do takes what waits for so long out of a hand that is too slow.
FORGOTTEN_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class Backlog:
    """Stands between those who keep messages and the dispatcher."""

    def __init__(self, hub: Hub, dispatcher: Dispatcher, presence: Presence) -> None:
        self.presence = presence
        self._hub = hub
        self._dispatcher = dispatcher
        self._reached: int | None = None
        self._behind = self._done = 0
        # Who waits for a result keeps its future alive; of a message that nobody waits for there is none.
        self._awaited: WeakValueDictionary[int, asyncio.Future[bytes]] = WeakValueDictionary()
        self._meanwhile: list[Job] = []
        self.gate = Gate(self._room)
        dispatcher.when_settled(self.gate.open)

    @property
    def in_hand(self) -> int:
        """How many messages are in hand."""
        return self._dispatcher.in_hand

    def submit(self, id_: int, received: datetime, envelope: Envelope) -> asyncio.Future[bytes]:
        """The application acknowledgement of a kept message, when it is settled."""
        if self._reached is None or id_ <= self._reached:
            return self._dispatcher.submit(id_, received, envelope)
        future = self._awaited.get(id_)
        if future is None:
            self._behind += 1
            future = self._awaited[id_] = asyncio.get_running_loop().create_future()
        self._meanwhile.append(Job(id_, received, envelope, future))
        return future

    @asynccontextmanager
    async def worked_off(self) -> AsyncIterator[None]:
        """Meanwhile: first what is there at start, then what others kept and did not settle."""
        self._reached = 0
        working = asyncio.create_task(self._work_off())
        try:
            yield
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            for future in list(self._awaited.values()):
                future.cancel()

    def _room(self) -> int:
        if self._reached is None:
            return IN_HAND - self._dispatcher.in_hand
        return FIRST + self._done // 2 - self._behind

    async def _work_off(self) -> None:
        while self._reached is not None:
            try:
                await self._dispatcher.thinned(PIECE)
                await self._next_piece(self._reached)
            except Exception as error:
                _log.warning("the inbox cannot be read: %s", type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
        if self._done:
            _log.info("%d kept messages were taken up", self._done)
        await self._sweep()

    async def _next_piece(self, after: int) -> None:
        self._meanwhile.clear()
        found = await self._unsettled(after, share=True) or await self._unsettled(0, share=False)
        for message in found:
            self._take_up(message)
            self._reached = max(after, message.id)
            await turns_for_others()
        self._done += len(found)
        if not found:
            # Those that came while the inbox was read are all that it did not show.
            for job in sorted(self._meanwhile, key=lambda job: job.id):
                if not job.settled.done():
                    self._dispatcher.take(job)
            self._meanwhile.clear()
            self._reached = None
        await self._hear()
        self.gate.open()

    async def _hear(self) -> None:
        """What others settled, and somebody here waits for."""
        awaited = set(self._awaited).difference(self._dispatcher.ids_in_hand())
        if awaited:
            async with self._hub.pool.acquire() as connection:
                settled = await results(connection, awaited)
            for id_, acknowledgement in settled.items():
                future = self._awaited.get(id_)
                if future is not None and not future.done():
                    future.set_result(acknowledgement)

    def _take_up(self, message: Pending) -> None:
        awaited = self._awaited.get(message.id)
        self._dispatcher.take_up(message, awaited or asyncio.get_running_loop().create_future())

    async def _unsettled(self, after: int, share: bool, before: datetime | None = None) -> list[Pending]:
        known = self._dispatcher.ids_in_hand()
        async with self._hub.pool.acquire() as connection:
            return await take_up(connection, self.presence, after, known, PIECE, share, before)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            if self._dispatcher.in_hand > PIECE:
                continue
            try:
                forgotten = self._hub.clock() - timedelta(seconds=FORGOTTEN_SECONDS)
                before = None if self._dispatcher.in_hand else forgotten
                for message in await self._unsettled(0, share=False, before=before):
                    self._take_up(message)
                await self._hear()
            except Exception as error:
                _log.warning("the inbox cannot be read: %s", type(error).__name__)
