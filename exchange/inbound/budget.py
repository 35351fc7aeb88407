"""So many bytes of messages may be in hand at once; who comes when there is no room waits."""

import asyncio
from collections import deque


class Budget:
    """Bytes that may be in hand. A message larger than all of it gets in when it is alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for room."""
        return len(self._waiting)

    async def take(self, size: int) -> None:
        """Waits for room, first come, first served."""
        if not self._waiting and self._fits(size):
            self._used += size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(size)
            raise

    def give(self, size: int) -> None:
        """The bytes are no longer in hand."""
        self._used -= size
        while self._waiting:
            next_size, turn = self._waiting[0]
            if turn.done():
                self._waiting.popleft()
            elif self._fits(next_size):
                self._waiting.popleft()
                self._used += next_size
                turn.set_result(None)
            else:
                return

    def _fits(self, size: int) -> bool:
        return not self._used or self._used + size <= self._limit
