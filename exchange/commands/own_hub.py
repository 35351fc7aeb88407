"""A hub of a command's own: on any free ports, in a folder that is removed at the end."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from exchange.commands.connected import connected
from exchange.server import running
from exchange.settings import Settings
from exchange.trust.clients import Client, add_client
from exchange.trust.issuing import issue_token
from exchange.trust.scopes import parse_scopes


@asynccontextmanager
async def own_hub(scopes: str) -> AsyncIterator[tuple[str, str]]:
    """Its FHIR base, and a token with these scopes."""
    with tempfile.TemporaryDirectory(prefix="yilian-suite-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=None, http_port=0, mllp_port=0)
        async with running(settings) as actual:
            yield actual.fhir_url, await _token(actual, scopes)


async def _token(settings: Settings, scopes: str) -> str:
    async with connected(settings) as connection:
        now = datetime.now(UTC)
        await add_client(connection, Client("suite", "suite", None, parse_scopes(scopes), None, now))
        return await issue_token(connection, "suite", settings.fhir_url, settings.token_lifetime, now)
