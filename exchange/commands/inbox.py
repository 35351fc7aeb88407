"""`yilian inbox`: what came, what became of it, what waits and how long."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from exchange.commands.connected import connected, from_environment
from exchange.commands.named import hospital_id
from exchange.commands.quarantine import Id, Json, show
from exchange.commands.shown import echo_json, echo_table
from exchange.settings import Settings

if TYPE_CHECKING:
    from exchange.inbound.overview import Count, Lag

inbox_app = typer.Typer(help="Messages as they came.")


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is, and how long it took or takes."""

    counts: "list[Count]"
    lags: "list[Lag]"


@inbox_app.callback(invoke_without_command=True)
def inbox(
    context: typer.Context,
    hospital: Annotated[
        str | None, typer.Option(help="Only what this hospital sent.", callback=hospital_id)
    ] = None,
    json: Json = False,
) -> None:
    """Count messages by state, hospital and channel, with the oldest of each and how long they took."""
    if context.invoked_subcommand is not None:
        return
    found = asyncio.run(_overview(from_environment(), hospital))
    if json:
        echo_json([{"kind": "count", **asdict(each)} for each in found.counts])
        echo_json([{"kind": "lag", **asdict(each)} for each in found.lags])
        return
    now = datetime.now(UTC)
    rows = [(c.state, c.hospital, c.channel, c.number, c.oldest, _age(c, now)) for c in found.counts]
    echo_table(("state", "hospital", "channel", "messages", "oldest", "waiting"), rows)
    lags = [(g.channel, g.number, *(f"{s:.3f}" for s in (g.half, g.most, g.longest))) for g in found.lags]
    echo_table(("channel", "latest", "s, half", "s, 99 of 100", "s, longest"), lags)


@inbox_app.command("show")
def inbox_show(
    id_: Id,
    raw: Annotated[bool, typer.Option("--raw", help="What it says, byte by byte; this is noted.")] = False,
    json: Json = False,
) -> None:
    """Show what became of a message. What it says only with --raw."""
    show(id_, raw, json)


async def _overview(settings: Settings, hospital: str | None) -> Overview:
    from exchange.inbound.overview import counts, lags

    async with connected(settings) as connection:
        return Overview(await counts(connection, hospital), await lags(connection, hospital))


def _age(count: "Count", now: datetime) -> str:
    """Of what waits."""
    if count.state not in ("received", "quarantined"):
        return ""
    seconds = int((now - count.oldest).total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
