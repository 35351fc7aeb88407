"""A hub on a real socket, for clients that others have written."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exchange.answer import Fhir
from exchange.app import build_app
from exchange.http.listening import listening
from exchange.http.site import Site
from exchange.hub import Hub, open_hub
from exchange.settings import Settings
from exchange.trust.clients import Client, add_client
from exchange.trust.issuing import issue_token
from exchange.trust.scopes import parse_scopes


@dataclass(frozen=True, slots=True)
class Door:
    """Where the hub is, and a token that opens everything."""

    fhir: str
    token: str


@pytest.fixture
async def door(database_url: str, tmp_path: Path) -> AsyncIterator[Door]:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.setblocking(False)
        settings = Settings(data_dir=tmp_path, http_port=door.getsockname()[1], pool_size=6)
        async with (
            open_hub(settings, database_url) as hub,
            listening(Site(build_app(hub), Fhir(hub), settings.header_timeout), door),
        ):
            yield Door(hub.base, await _token(hub))


async def _token(hub: Hub) -> str:
    async with hub.pool.acquire() as connection:
        scopes = parse_scopes("system/*.cruds")
        await add_client(connection, Client("all", "all", None, scopes, None, datetime.now(UTC)))
        return await issue_token(connection, "all", hub.base, 600, datetime.now(UTC))
