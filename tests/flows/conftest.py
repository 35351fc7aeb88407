"""The whole hub with its doors open, and clients that see no more of it than any client does."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

import conformance.fhir
import conformance.mllp
from conformance.fhir import FhirClient
from conformance.mllp import MllpClient
from exchange.server import running
from exchange.settings import Settings
from exchange.trust.clients import Client, add_client
from exchange.trust.issuing import issue_token
from exchange.trust.scopes import parse_scopes


@dataclass(frozen=True, slots=True)
class Doors:
    """One connection of a hospital, one client that may read everything, and where the hub is."""

    mllp: MllpClient
    fhir: FhirClient
    settings: Settings


@pytest.fixture
async def doors(database_url: str, tmp_path: Path) -> AsyncIterator[Doors]:
    settings = Settings(data_dir=tmp_path, database_url=database_url, http_port=0, mllp_port=0, pool_size=6)
    async with AsyncExitStack() as stack:
        actual = await stack.enter_async_context(running(settings))
        token = await _token(database_url, actual)
        mllp = await stack.enter_async_context(conformance.mllp.connected("127.0.0.1", actual.mllp_port))
        fhir = await stack.enter_async_context(conformance.fhir.connected(actual.fhir_url, token))
        yield Doors(mllp, fhir, actual)


async def _token(database_url: str, settings: Settings) -> str:
    connection = await asyncpg.connect(database_url)
    try:
        scopes = parse_scopes("system/*.rs")
        await add_client(connection, Client("reader", "reader", None, scopes, None, datetime.now(UTC)))
        return await issue_token(
            connection, "reader", settings.fhir_url, settings.token_lifetime, datetime.now(UTC)
        )
    finally:
        await connection.close()
