"""A hub of the suite's own as a client registry: MLLP with queries, the domains of the script."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from conformance.mllp import connected as mllp
from exchange.commands.connected import connected
from exchange.server import running
from exchange.settings import Settings

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
    """Speaks MLLP to the hub; forgets by emptying its tables."""

    def __init__(self, host: str, port: int, connection: asyncpg.Connection) -> None:
        self._host, self._port = host, port
        self._connection = connection

    async def fresh(self) -> None:
        rows = await self._connection.fetch(TABLES, list(PERSONS))
        names = ", ".join(row["tablename"] for row in rows)
        await self._connection.execute(f"TRUNCATE {names} CASCADE")

    async def ask(self, message: bytes) -> bytes:
        async with mllp(self._host, self._port) as client:
            return await asyncio.wait_for(client.ask(message, SECONDS), 2 * SECONDS)


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
        async with running(settings) as actual, connected(actual) as connection:
            yield ClientRegistry(actual.mllp_host, actual.mllp_port, connection)
