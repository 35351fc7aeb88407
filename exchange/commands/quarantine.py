"""`yilian quarantine`: what could not be processed, and what people decide about it."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from exchange.commands.connected import from_environment
from exchange.commands.named import hospital_id
from exchange.commands.refused import Refused
from exchange.commands.shown import echo_json, lines, reasons

if TYPE_CHECKING:
    from exchange.commands.deciding import Copy, Decision

quarantine_app = typer.Typer(help="Messages that could not be processed.", no_args_is_help=True)
Id = Annotated[
    int, typer.Argument(metavar="ID", help="The message's number in the inbox.", min=1, max=2**63 - 1)
]
Ids = Annotated[list[int], typer.Argument(metavar="ID…", help="Numbers of messages.", min=1, max=2**63 - 1)]
Reason = Annotated[str, typer.Option(help="Why; it is kept with who decided and when.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


@quarantine_app.command("list")
def quarantine_list(
    hospital: Annotated[
        str | None, typer.Option(help="Only those of this hospital.", callback=hospital_id)
    ] = None,
    message_type: Annotated[str | None, typer.Option("--type", help="Only those of a type: ADT^A08.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only those received from then on (UTC).")] = None,
    limit: Annotated[int, typer.Option(help="So many of the oldest.", min=1)] = 1000,
    json: Json = False,
) -> None:
    """List them with the place and the reason that keep each out."""
    from exchange.commands import deciding

    moment = since.replace(tzinfo=UTC) if since else None
    found = asyncio.run(deciding.listed(from_environment(), hospital, message_type, moment, limit))
    if json:
        echo_json(found)
        return
    for each in found:
        came = f"{each['received']:%Y-%m-%d %H:%M:%S}"
        typer.echo(f"{each['id']:8} {came} {each['hospital']} {each['message_type']} {each['control_id']}")
        typer.echo(f"{'':8} {reasons(each)}")
    typer.echo(f"{len(found)} messages are quarantined", err=True)


@quarantine_app.command("show")
def quarantine_show(
    id_: Id,
    raw: Annotated[bool, typer.Option("--raw", help="What it says, byte by byte; this is noted.")] = False,
    json: Json = False,
) -> None:
    """Show a message: its issues with field and row, copies and decisions. With --raw what it says."""
    show(id_, raw, json)


def show(id_: int, raw: bool, json: bool) -> None:
    from exchange.commands import deciding

    settings = from_environment()
    if raw:
        sys.stdout.buffer.write(asyncio.run(deciding.raw(settings, id_)))
        sys.stdout.buffer.flush()
        return
    found = asyncio.run(deciding.one(settings, id_))
    if json:
        echo_json([found])
    else:
        typer.echo("\n".join(lines(found)))


@quarantine_app.command("edit")
def quarantine_edit(
    id_: Id,
    reason: Reason,
    values: Annotated[
        list[str] | None, typer.Option("--set", metavar="ADDRESS=VALUE", help="PID-8=F; repeat it for more.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A file with the corrected bytes.")] = None,
) -> None:
    """Correct a copy of a message and send it on; the original stays. By default in your EDITOR."""
    from exchange.commands import deciding

    if values and file:
        raise Refused("give --set or --file, not both")
    copy: Copy = deciding.by_values(values) if values else deciding.by_editor
    copy = deciding.by_file(file) if file else copy
    made = asyncio.run(deciding.corrected(from_environment(), id_, copy, _told(reason)))
    typer.echo(f"message {made} is the corrected copy of {id_}; it waits to be processed")


@quarantine_app.command("resend")
def quarantine_resend(ids: Ids, reason: Reason) -> None:
    """Let messages be processed again as they are."""
    from exchange.inbound.quarantine import resend

    _decide(ids, resend, reason, "waits to be processed again")


@quarantine_app.command("discard")
def quarantine_discard(ids: Ids, reason: Reason) -> None:
    """Decide that messages are not to be processed; they stay, and can be restored."""
    from exchange.inbound.quarantine import discard

    _decide(ids, discard, reason, "is discarded")


@quarantine_app.command("restore")
def quarantine_restore(ids: Ids, reason: Reason) -> None:
    """Put discarded messages back into quarantine."""
    from exchange.inbound.quarantine import restore

    _decide(ids, restore, reason, "is quarantined again")


def _decide(ids: list[int], decision: "Decision", reason: str, told: str) -> None:
    from exchange.commands import deciding

    asyncio.run(deciding.decided(from_environment(), ids, decision, _told(reason)))
    for id_ in ids:
        typer.echo(f"message {id_} {told}")


def _told(reason: str) -> str:
    if not reason.strip():
        raise Refused("--reason says why")
    return reason.strip()
