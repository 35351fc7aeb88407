"""Numbers that come in any order, and whoever must wait until all the earlier ones have come."""

import asyncio


class Turns:
    """Numbers from 0 that are passed on in any order; one can wait until all up to a number have been."""

    def __init__(self) -> None:
        self._next = 0
        self._early: set[int] = set()
        self._moved = asyncio.Condition()

    async def pass_on(self, number: int) -> None:
        async with self._moved:
            self._early.add(number)
            while self._next in self._early:
                self._early.remove(self._next)
                self._next += 1
            self._moved.notify_all()

    async def reached(self, number: int) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self._next > number)
