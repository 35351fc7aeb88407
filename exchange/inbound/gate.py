"""Who comes when too much is in hand waits at the gate, first come, first served.

A sender learns of the delay by its acknowledgement, which is how HL7 v2 slows a sender down. Who waited
PATIENCE seconds is let in all the same: to keep a message is better than to let its sender give up.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

PATIENCE: Final = 10.0


class Gate:
    """Lets in while there is room for one more than those who are passing."""

    def __init__(self, room: Callable[[], int]) -> None:
        """`room` tells how many may still come in, without those who are passing."""
        self._room = room
        self._passing = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Waits for room. What is done inside counts as passing; those who came first get there first."""
        if self._queue or self._room() <= self._passing:
            await self._turn()
        else:
            self._passing += 1
        try:
            yield
        finally:
            self._passing -= 1
            self.open()

    def open(self) -> None:
        """There may be room now."""
        room = self._room() - self._passing
        for turn in self._queue:
            if room <= 0:
                return
            if not turn.done():
                self._passing += 1
                room -= 1
                turn.set_result(None)

    async def _turn(self) -> None:
        """Stays in the queue until it goes on, so that nobody who comes meanwhile gets ahead of it."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            async with asyncio.timeout(PATIENCE):
                await turn
        except TimeoutError:
            if turn.cancelled():
                self._passing += 1
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._passing -= 1
                self.open()
            raise
        finally:
            self._queue.remove(turn)
