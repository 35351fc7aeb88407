"""Who works on a message on the event loop lets those through who wait for an acknowledgement.

https://docs.python.org/3/library/asyncio-task.html#sleeping

From its bytes to its acknowledgement a message takes some turns of the loop: to be read, sealed, kept, then
to be known as durable and answered. Were each of them behind the work on a kept message, the acknowledgement
would wait for as many messages as it takes turns; so several turns pass after each piece of work.
"""

import asyncio
from typing import Final

TURNS: Final = 10


async def turns_for_others() -> None:
    """They cost microseconds if nobody wants them."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
