"""`yilian replay`: messages processed again, quarantined ones or also those of other maps."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from getpass import getuser
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from exchange.commands.connected import from_environment
from exchange.commands.named import hospital_id
from exchange.commands.refused import Refused
from exchange.settings import Settings

if TYPE_CHECKING:
    from exchange.commands.replaying import Ended
    from exchange.inbound.replay import Chosen, Replay

CURRENT = "current"


def replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="Only these; else all.")] = None,
    show: Annotated[bool, typer.Option("--list", help="Only list what would be replayed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --list and --runs: JSON lines.")] = False,
    hospital: Annotated[
        str | None, typer.Option(help="Only those of this hospital.", callback=hospital_id)
    ] = None,
    message_type: Annotated[str | None, typer.Option("--type", help="Only those of a type: ADT^A08.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only those received from then on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only those received before then (UTC).")] = None,
    processed: Annotated[
        bool, typer.Option("--processed", help="Also those that were processed; implied by a map version.")
    ] = False,
    map_version: Annotated[str | None, typer.Option(help="Only those translated by this version.")] = None,
    not_map_version: Annotated[
        str | None, typer.Option(help=f"Only those not translated by it; `{CURRENT}`: not by that of now.")
    ] = None,
    rate: Annotated[
        float, typer.Option(help="At most so many a second; 0: as the hub takes them.", min=0)
    ] = 0,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until all are processed; exit 1 if any is not.")
    ] = False,
    resume: Annotated[int | None, typer.Option(help="Go on with a replay that was interrupted.")] = None,
    runs: Annotated[bool, typer.Option("--runs", help="List the replays and how far they came.")] = False,
) -> None:
    """Process messages again: the running hub, or the next one, takes them up, in the order they came.

    Without --processed and without a map version only quarantined ones. What is made the same is not written
    again: replaying twice is replaying once.
    """
    from exchange.commands import replaying  # the maps are read for this command only
    from exchange.inbound.replay import Chosen

    settings = from_environment()
    if runs:
        _show_runs(asyncio.run(replaying.runs(settings)), json)
        return
    chosen = Chosen(
        ids or None,
        hospital,
        message_type,
        _utc(since),
        _utc(until),
        processed or bool(map_version or not_map_version),
        map_version,
        _other_than(settings, not_map_version),
    )
    if show:
        _show(asyncio.run(replaying.shown(settings, chosen)), json)
        return
    _carry_out(settings, chosen, resume, replaying.Pace(rate, wait))


def _carry_out(settings: Settings, chosen: "Chosen", resume: int | None, pace: Any) -> None:
    from exchange.commands import replaying

    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        typer.echo(line, err=True)

    if resume is None:
        ended = asyncio.run(replaying.begun(settings, chosen, getuser(), pace, tell))
    else:
        ended = asyncio.run(replaying.resumed(settings, resume, pace, tell))
    _end(ended, pace.wait)


def _end(ended: "Ended", waited: bool) -> None:
    if not waited:
        typer.echo(f"{ended.replay.requeued} messages wait to be processed again")
        return
    if not ended.taken_up:
        raise Refused(f"no hub takes them up: {ended.states.get('received', 0)} wait for the next one")
    told = ", ".join(f"{number} {state}" for state, number in sorted(ended.states.items()))
    typer.echo(f"{ended.replay.requeued} messages were processed again: {told or 'none'}")
    if ended.states.get("quarantined"):
        raise typer.Exit(1)


def _other_than(settings: Settings, version: str | None) -> Mapping[str, Mapping[str, str]] | None:
    from exchange.commands import replaying

    if version is None:
        return None
    return replaying.in_force(settings) if version == CURRENT else replaying.other_than(version)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _show(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    if as_json:
        for row in rows:
            issues = msgspec.Raw((row["issues"] or "[]").encode())
            typer.echo(msgspec.json.encode(dict(row) | {"issues": issues}))
        return
    for row in rows:
        reasons = [issue.get("diagnostics", "") for issue in msgspec.json.decode(row["issues"] or "[]")]
        said = (
            row["hospital"],
            row["message_type"],
            row["control_id"],
            row["state"],
            row["map_version"] or "-",
        )
        typer.echo(f"{row['id']:8} {row['received']:%Y-%m-%d %H:%M:%S} {' '.join(said)} {'; '.join(reasons)}")


def _show_runs(found: "Sequence[Replay]", as_json: bool) -> None:
    if as_json:
        for each in found:
            typer.echo(msgspec.json.encode(each))
        return
    for each in found:
        ended = f"ended {each.ended:%Y-%m-%d %H:%M:%S}" if each.ended else f"at {each.reached} of {each.last}"
        begun = f"{each.begun:%Y-%m-%d %H:%M:%S}"
        typer.echo(f"{each.id:6} {begun} {each.actor}: {each.requeued} queued, {ended}; {each.asked}")
