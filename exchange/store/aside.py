"""What is made of many or of large bodies is made in a thread, so that others need not wait.

https://docs.python.org/3/library/asyncio-task.html#asyncio.to_thread
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

Made = TypeVar("Made")

# Bytes of bodies: from here on packing and putting them into columns takes longer than to change threads.
LARGE: Final = 512 * 1024


async def aside(bodies: Sequence[bytes], make: Callable[[], Made]) -> Made:
    """What `make` gives."""
    return make() if sum(map(len, bodies)) < LARGE else await asyncio.to_thread(make)
