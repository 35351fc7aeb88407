"""`yilian client add|list|revoke`: who may call the hub."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from exchange.commands.connected import connected, from_environment
from exchange.commands.named import hospital_id
from exchange.commands.refused import Refused
from exchange.settings import Settings
from exchange.store.types import RESOURCE_TYPES
from exchange.trust.assertion import InvalidKeySet, public_keys
from exchange.trust.clients import Client, add_client, list_clients, revoke_client
from exchange.trust.scopes import (
    EXPUNGE,
    IDENTITY,
    INBOX,
    METRICS,
    NOT_FHIR,
    QUARANTINE,
    InvalidScope,
    Scope,
    parse_scope,
)

client_app = typer.Typer(help="Who may call: register, list and revoke clients.", no_args_is_help=True)

READ_ALL = "system/*.rs"


@client_app.command("add")
def client_add(
    name: Annotated[str, typer.Argument(help="Its id for life: letters, digits, dots, dashes.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What it may do, as system/Observation.rs or system/*.cruds; "
            f"system/{INBOX}.c pushes HL7 v2, system/{EXPUNGE}.d may remove for good, system/{IDENTITY}.ru "
            f"may look into identities and decide them, system/{METRICS}.r scrapes /metrics, "
            f"system/{QUARANTINE}.ru sees and corrects what is quarantined. Repeat it for more. "
            f"Without it: {READ_ALL}."
        ),
    ] = None,
    hospital: Annotated[
        str | None,
        typer.Option(
            help="The hospital it belongs to: its id, or as it names itself in MSH-4.", callback=hospital_id
        ),
    ] = None,
    jwks: Annotated[
        Path | None, typer.Option(help="File with its public keys (RS384, ES384), to ask /token with.")
    ] = None,
) -> None:
    """Register a client."""
    scopes = tuple(map(_scope, scope or [READ_ALL]))
    keys = None if jwks is None else _key_set(jwks)
    client = Client(name, name, hospital, scopes, keys, datetime.now(UTC))
    asyncio.run(_add(from_environment(), client))
    of = f" of hospital {hospital}" if hospital else ""
    typer.echo(f"{name}{of} may {' '.join(map(str, scopes))}; a token: yilian token {name}")


@client_app.command("list")
def client_list(
    json: Annotated[bool, typer.Option("--json", help="One JSON line a client.")] = False,
) -> None:
    """List the clients, revoked ones too."""
    clients = asyncio.run(_list(from_environment()))
    if json:
        for client in clients:
            typer.echo(msgspec.json.encode(_described(client)).decode())
    else:
        Console().print(_table(clients))


@client_app.command("revoke")
def client_revoke(name: Annotated[str, typer.Argument(help="The client's id.")]) -> None:
    """Let a client call no more; its tokens are refused within seconds."""
    if not asyncio.run(_revoke(from_environment(), name)):
        raise Refused(f"there is no client {name}")
    typer.echo(f"{name} is revoked")


def _scope(text: str) -> Scope:
    try:
        scope = parse_scope(text)
    except InvalidScope as error:
        raise Refused(str(error)) from None
    if scope.resource_type not in ("*", *NOT_FHIR, *RESOURCE_TYPES):
        raise Refused(f"R4 has no resource type {scope.resource_type}")
    return scope


def _key_set(path: Path) -> dict[str, Any]:
    try:
        jwks = msgspec.json.decode(path.read_bytes())
        public_keys(jwks)
    except (msgspec.DecodeError, InvalidKeySet) as error:
        raise Refused(f"{path}: {error}") from None
    return dict(jwks)


def _described(client: Client) -> dict[str, object]:
    return {
        "id": client.id,
        "hospital": client.hospital,
        "scopes": [*map(str, client.scopes)],
        "keys": [] if client.jwks is None else [key["kid"] for key in client.jwks["keys"]],
        "created": client.created,
        "revoked": client.revoked,
    }


def _table(clients: Sequence[Client]) -> Table:
    table = Table("client", "hospital", "scopes", "keys", "since", "revoked")
    for client in clients:
        table.add_row(
            client.id,
            client.hospital or "",
            " ".join(map(str, client.scopes)),
            "" if client.jwks is None else str(len(client.jwks["keys"])),
            f"{client.created:%Y-%m-%d}",
            f"{client.revoked:%Y-%m-%d %H:%M}" if client.revoked else "",
        )
    return table


async def _add(settings: Settings, client: Client) -> None:
    async with connected(settings) as connection:
        await add_client(connection, client)


async def _list(settings: Settings) -> Sequence[Client]:
    async with connected(settings) as connection:
        return await list_clients(connection)


async def _revoke(settings: Settings, name: str) -> bool:
    async with connected(settings) as connection:
        return await revoke_client(connection, name, datetime.now(UTC))
