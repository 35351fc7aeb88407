"""Registered clients in the database."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from exchange.store.connection import Connection
from exchange.trust.scopes import Scope, parse_scope

# An id is for life, so a revoked client keeps its own.
ADD = """
INSERT INTO client (id, name, hospital, scopes, jwks, created) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING
"""
FIND = "SELECT id, name, hospital, scopes, jwks, created, revoked FROM client WHERE id = $1"
LIST = "SELECT id, name, hospital, scopes, jwks, created, revoked FROM client ORDER BY created, id"
REVOKE = "UPDATE client SET revoked = coalesce(revoked, $2) WHERE id = $1"


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


class ClientExists(Exception):
    """A client of this id is registered already; ids are never given again."""

    def __str__(self) -> str:
        return self.__doc__ or ""


class InvalidClientId(Exception):
    """A client's id has 1 to 64 letters, digits, dots, dashes or underscores."""

    def __str__(self) -> str:
        return self.__doc__ or ""


@dataclass(frozen=True, slots=True)
class Client:
    """`jwks` are the public keys of its assertions; without them its tokens come from the CLI only."""

    id: str
    name: str
    hospital: str | None
    scopes: tuple[Scope, ...]
    jwks: dict[str, Any] | None
    created: datetime
    revoked: datetime | None = None


async def add_client(connection: Connection, client: Client) -> None:
    """Raise ClientExists or InvalidClientId."""
    if not _ID.fullmatch(client.id):
        raise InvalidClientId
    jwks = None if client.jwks is None else msgspec.json.encode(client.jwks).decode()
    status = await connection.execute(
        ADD, client.id, client.name, client.hospital, [*map(str, client.scopes)], jwks, client.created
    )
    if status != "INSERT 0 1":
        raise ClientExists


async def find_client(connection: Connection, client_id: str) -> Client | None:
    row = await connection.fetchrow(FIND, client_id)
    return None if row is None else _client(row)


async def list_clients(connection: Connection) -> Sequence[Client]:
    return [_client(row) for row in await connection.fetch(LIST)]


async def revoke_client(connection: Connection, client_id: str, instant: datetime) -> bool:
    """False if there is no such client. The time of a first revocation stands."""
    return await connection.execute(REVOKE, client_id, instant) == "UPDATE 1"


def _client(row: asyncpg.Record) -> Client:
    return Client(
        row["id"],
        row["name"],
        row["hospital"],
        tuple(map(parse_scope, row["scopes"])),
        None if row["jwks"] is None else msgspec.json.decode(row["jwks"]),
        row["created"],
        row["revoked"],
    )
