"""An answer that is awaited, but not for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any


class InTime:
    """What is awaited, or `late` once some seconds are over; they begin now, whenever it is asked for."""

    def __init__(self, awaited: Awaitable[bytes], seconds: float, late: Callable[[], bytes]) -> None:
        self._awaited, self._late = awaited, late
        self._until = asyncio.get_running_loop().time() + seconds

    def __await__(self) -> Generator[Any, None, bytes]:
        return self._given().__await__()

    async def _given(self) -> bytes:
        try:
            async with asyncio.timeout_at(self._until):
                return await self._awaited
        except TimeoutError:
            return self._late()
