"""`yilian token CLIENT`: a short-lived bearer token for whoever sits at the hub's own machine."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from exchange.commands.connected import connected, from_environment
from exchange.commands.refused import Refused
from exchange.settings import Settings
from exchange.store.connection import Connection
from exchange.trust.clients import find_client
from exchange.trust.keys import signing_key
from exchange.trust.tokens import sign


def token(client: Annotated[str, typer.Argument(help="The client's id.")]) -> None:
    """Print a token, for: curl -H "Authorization: Bearer $(yilian token CLIENT)" …"""
    typer.echo(asyncio.run(_token(from_environment(), client)))


async def _token(settings: Settings, client_id: str) -> str:
    async with connected(settings) as connection:
        return await token_for(connection, client_id, settings)


async def token_for(connection: Connection, client_id: str, settings: Settings) -> str:
    """A token with all scopes of the client; raises Refused for an unknown or a revoked one."""
    client = await find_client(connection, client_id)
    if client is None:
        raise Refused(f"there is no client {client_id}: yilian client add {client_id}")
    if client.revoked:
        raise Refused(f"client {client_id} has been revoked")
    now = datetime.now(UTC)
    key = await signing_key(connection, now)
    return sign(key, client.id, client.scopes, settings.fhir_url, now.timestamp(), settings.token_lifetime)
