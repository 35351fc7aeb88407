"""What most commands begin with: the settings, and the database of the running hub or one of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from exchange.settings import Settings


def from_environment() -> Settings:
    """Raises pydantic's ValidationError for a setting that cannot be."""
    return Settings()  # mypy does not see defaults given by position


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """One connection to the migrated database."""
    from exchange.database import SESSION, migrate, open_database  # a second to load, for who needs it

    async with open_database(settings) as database:
        await migrate(database.dsn)
        connection = await asyncpg.connect(database.dsn, server_settings=SESSION)
        try:
            yield connection
        finally:
            await connection.close()
