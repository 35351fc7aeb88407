"""`yilian token CLIENT`: a short-lived bearer token for whoever sits at the hub's own machine."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer

from exchange.commands.connected import connected, from_environment
from exchange.settings import Settings
from exchange.trust.issuing import issue_token


def token(client: Annotated[str, typer.Argument(help="The client's id.")]) -> None:
    """Print a token, for: curl -H "Authorization: Bearer $(yilian token CLIENT)" …"""
    typer.echo(asyncio.run(_token(from_environment(), client)))


async def _token(settings: Settings, client_id: str) -> str:
    async with connected(settings) as connection:
        instant = datetime.now(UTC)
        return await issue_token(connection, client_id, settings.fhir_url, settings.token_lifetime, instant)
