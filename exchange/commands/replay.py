"""`yilian replay`: the messages that could not be processed, and another try for them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from exchange.commands.connected import connected, from_environment
from exchange.settings import Settings

# The issues name codes and addresses, never what stands in the message.
QUARANTINED = """
SELECT id, received, hospital, sender, control_id, message_type, issues
FROM inbox WHERE state = 'quarantined' ORDER BY id
"""


def replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="Only these; else all.")] = None,
    show: Annotated[bool, typer.Option("--list", help="Only list them.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --list: one JSON line a message.")] = False,
    hospital: Annotated[str | None, typer.Option(help="Only those of this hospital.")] = None,
    message_type: Annotated[str | None, typer.Option("--type", help="Only those of a type: ADT^A08.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only those received from then on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only those received before then (UTC).")] = None,
) -> None:
    """Process quarantined messages again: the running hub, or the next one, takes them up.

    What is made the same is not written again: replaying twice is replaying once.
    """
    settings = from_environment()
    if show:
        _show(asyncio.run(_quarantined(settings)), json)
    else:
        chosen = (ids or None, hospital, message_type, _utc(since), _utc(until))
        count = asyncio.run(_requeue(settings, chosen))
        typer.echo(f"{count} messages wait to be processed again")


async def _quarantined(settings: Settings) -> Sequence[Mapping[str, Any]]:
    async with connected(settings) as connection:
        return [dict(row) for row in await connection.fetch(QUARANTINED)]


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


async def _requeue(settings: Settings, chosen: tuple[Any, ...]) -> int:
    from exchange.inbound.inbox import Chosen, requeue

    async with connected(settings) as connection:
        return await requeue(connection, Chosen(*chosen))


def _show(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            typer.echo(
                msgspec.json.encode(dict(row) | {"issues": msgspec.Raw((row["issues"] or "[]").encode())})
            )
        return
    table = Table("id", "received", "hospital", "control id", "type", "issues")
    for row in rows:
        reasons = [issue.get("diagnostics", "") for issue in msgspec.json.decode(row["issues"] or "[]")]
        table.add_row(
            str(row["id"]),
            f"{row['received']:%Y-%m-%d %H:%M:%S}",
            row["hospital"],
            row["control_id"],
            row["message_type"],
            "; ".join(reasons),
        )
    Console().print(table)
