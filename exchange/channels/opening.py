"""All declared channels, while the hub runs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from adapters.tables.library import table_maps
from adapters.tables.translate import TableMaps
from exchange.channels.declared import Channels
from exchange.channels.dropping import dropping
from exchange.channels.pulling import pulling
from exchange.inbound.budget import Budget
from exchange.inbound.reception import Reception
from profiles.definitions import Definitions

# Bytes of files that may be in hand, of all folders together.
IN_HAND_BYTES: Final = 128 << 20


@asynccontextmanager
async def open_channels(reception: Reception, channels: Channels) -> AsyncIterator[None]:
    """Folders and tables are read meanwhile. What is in hand at the end is met again at the next start."""
    budget = Budget(IN_HAND_BYTES)
    tasks = [asyncio.create_task(dropping(reception, folder, budget)) for folder in channels.folders]
    tasks += [asyncio.create_task(pulling(reception, pull)) for pull in channels.pulls]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def declared_tables(channels: Channels, definitions: Definitions) -> Mapping[str, TableMaps]:
    """The maps of tables, by channel. Raises MapError with file and line, OSError."""
    return {
        channel: table_maps(path.read_text("utf-8"), path.name, definitions)
        for channel, path in channels.maps.items()
    }
