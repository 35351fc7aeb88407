"""A hub of the suite's own as a client registry: MLLP with queries, FHIR with a client for each sender, the
domains of the script."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx

from conformance.mllp import connected as mllp
from conformance.ohie_cr_feed import SENDERS
from exchange.commands.connected import connected
from exchange.server import running
from exchange.settings import Settings
from exchange.trust.clients import Client, add_client
from exchange.trust.issuing import issue_token
from exchange.trust.scopes import parse_scopes

# What a case leaves; tokens and the schema's version stay.
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY($1::text[])"
PERSONS = (
    *("mpi_label", "mpi_review", "mpi_decision", "mpi_do_not_link", "mpi_merge", "mpi_link", "mpi_key"),
    *("mpi_reach", "mpi_record", "mpi_person", "mpi_domain", "inbox", "resource", "history"),
    *("resource_index", "identifier_index", "string_index", "reference_index", "date_index"),
    *("compartment_index", "number_index", "quantity_index", "text_index", "uri_index"),
)
SECONDS = 30.0


class ClientRegistry:
    """Speaks MLLP and FHIR to the hub; forgets by emptying its tables."""

    def __init__(
        self, host: str, port: int, connection: asyncpg.Connection, senders: Mapping[str, httpx.AsyncClient]
    ) -> None:
        self._host, self._port = host, port
        self._connection = connection
        self._senders = senders

    async def fresh(self) -> None:
        rows = await self._connection.fetch(TABLES, list(PERSONS))
        names = ", ".join(row["tablename"] for row in rows)
        await self._connection.execute(f"TRUNCATE {names} CASCADE")

    async def ask(self, message: bytes) -> bytes:
        async with mllp(self._host, self._port) as client:
            return await asyncio.wait_for(client.ask(message, SECONDS), 2 * SECONDS)

    async def told(self, sender: str, message: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/fhir+json"}
        answer = await self._senders[sender].post("$process-message", content=message, headers=headers)
        return answer.status_code, answer.content

    async def knows(self, number: str) -> bool:
        answer = await next(iter(self._senders.values())).get("Patient", params={"identifier": number})
        return bool(answer.json().get("entry"))


@asynccontextmanager
async def client_registry(domains: str) -> AsyncIterator[ClientRegistry]:
    """On any free ports, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="yilian-registry-") as folder:
        listed = Path(folder) / "domains.yaml"
        listed.write_text(domains, "utf-8")
        settings = Settings(
            data_dir=Path(folder) / "data",
            database_url=None,
            http_port=0,
            mllp_port=0,
            mllp_queries=True,
            domains=listed,
        )
        async with running(settings) as actual, connected(actual) as connection, AsyncExitStack() as opened:
            senders = {
                name: await opened.enter_async_context(await _client(actual, connection, name))
                for name in SENDERS
            }
            yield ClientRegistry(actual.mllp_host, actual.mllp_port, connection, senders)


async def _client(settings: Settings, connection: asyncpg.Connection, hospital: str) -> httpx.AsyncClient:
    now = datetime.now(UTC)
    scopes = parse_scopes("system/*.cruds")
    await add_client(connection, Client(hospital, hospital, hospital, scopes, None, now))
    token = await issue_token(connection, hospital, settings.fhir_url, settings.token_lifetime, now)
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=f"{settings.fhir_url}/", headers=headers, timeout=SECONDS)
