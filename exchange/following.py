"""Follows what other hubs store: looks at the database again and again."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

POLL_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


@asynccontextmanager
async def following(look: Callable[[], Awaitable[object]], subject: str) -> AsyncIterator[None]:
    """Meanwhile `look` is awaited every second. A database that is away is told of, and asked again."""
    watching = asyncio.create_task(_watch(look, subject))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(look: Callable[[], Awaitable[object]], subject: str) -> None:
    while True:
        await asyncio.sleep(POLL_SECONDS)
        try:
            await look()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("%s cannot be looked at: %s", subject, type(error).__name__)
