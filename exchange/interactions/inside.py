"""The hub as it is inside a transaction: what is read there sees what the transaction has written.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import cast

import asyncpg

from exchange.hub import Hub
from exchange.store.coalesce import Reader
from exchange.store.connection import Connection
from exchange.store.fetch import Stored, fetch


def inside(hub: Hub, connection: Connection) -> Hub:
    """The same hub, with this connection for every read."""
    held = _Held(connection)
    return replace(hub, pool=cast(asyncpg.Pool, held), reader=cast(Reader, held), counts=None)


@dataclass(frozen=True, slots=True)
class _Held:
    """Stands for the pool and for the reader."""

    connection: Connection

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Connection]:
        yield self.connection

    async def read(self, type_: str, id_: str) -> Stored | None:
        (stored,) = await fetch(self.connection, [(type_, id_)])
        return stored
