"""The door of HTTP, from its opening until the last answer is out.

https://www.rfc-editor.org/rfc/rfc9112#section-9.6
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from exchange.http.protocol import Connection
from exchange.http.site import Site

BACKLOG: Final = 1024
FINISH_SECONDS: Final = 10.0
# The clock of all connections goes so often in the time that a head may take, and at least every second.
TICKS: Final = 5

_log = logging.getLogger(__name__)


@asynccontextmanager
async def listening(site: Site, door: socket.socket) -> AsyncIterator[None]:
    """HTTP on a bound socket; at the end requests under way may finish."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(site), sock=door, backlog=BACKLOG)
    ticking = asyncio.create_task(_tick(site))
    try:
        yield
    finally:
        server.close()
        await _finish(site)
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)


async def _tick(site: Site) -> None:
    seconds = min(1.0, site.head_seconds / TICKS)
    while True:
        site.tick()
        await asyncio.sleep(seconds)


async def _finish(site: Site) -> None:
    """Whoever is still waiting after FINISH_SECONDS gets nothing."""
    site.closing = True
    for connection in tuple(site.connections):
        connection.shutdown()
    ends = [asyncio.create_task(connection.lost()) for connection in site.connections]
    if ends:
        _, late = await asyncio.wait(ends, timeout=FINISH_SECONDS)
        if late:
            _log.error("%d connections were still in use at the end", len(late))
    for connection in tuple(site.connections):
        connection.transport.abort()
    for task in (*site.tasks, *ends):
        task.cancel()
    await asyncio.gather(*site.tasks, *ends, return_exceptions=True)
