"""Long work on the event loop in pieces, so that others get turns.

https://docs.python.org/3/library/asyncio-task.html#sleeping
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

# Bytes of resources: after so many others get a turn; one that is as big is worked on in a thread.
TURN: Final = 64 * 1024
# However small, each takes as long as so many bytes.
LEAST: Final = 1024


async def in_turns(
    items: Iterable[Item], size: Callable[[Item], int], work: Callable[[Item], Made]
) -> list[Made]:
    """What `work` makes of each, in their order."""
    made = []
    spent = 0
    for item in items:
        bytes_ = size(item)
        spent += max(bytes_, LEAST)
        if spent >= TURN:
            spent = 0
            await asyncio.sleep(0)
        made.append(work(item) if bytes_ < TURN else await asyncio.to_thread(work, item))
    return made
