"""A token for a registered client, without an assertion: for who may read the signing key anyway."""

from datetime import datetime

from exchange.store.connection import Connection
from exchange.trust.clients import find_client
from exchange.trust.keys import signing_key
from exchange.trust.tokens import sign


class NoSuchClient(Exception):
    """The client is unknown, or has been revoked."""


async def issue_token(
    connection: Connection, client_id: str, base: str, lifetime: int, instant: datetime
) -> str:
    """With all scopes of the client, for `lifetime` seconds; raises NoSuchClient."""
    client = await find_client(connection, client_id)
    if client is None:
        raise NoSuchClient(f"there is no client {client_id}: yilian client add {client_id}")
    if client.revoked:
        raise NoSuchClient(f"client {client_id} has been revoked")
    key = await signing_key(connection, instant)
    return sign(key, client.id, client.scopes, base, instant.timestamp(), lifetime)
