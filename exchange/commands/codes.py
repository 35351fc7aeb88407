"""`yilian codes list|propose|export|upload|decide|retranslate`: hospitals' own codes, and what they mean."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from exchange.commands.connected import from_environment
from exchange.commands.refused import Refused

if TYPE_CHECKING:
    from exchange.hub import Hub
    from exchange.local_codes.store import LocalCode
    from exchange.local_codes.upload import Uploaded

codes_app = typer.Typer(
    help="Hospitals' own codes: what waits for a mapping, proposals, reviewed sheets.", no_args_is_help=True
)
T = TypeVar("T")
Hospital = Annotated[str, typer.Option(help="Only this hospital's.")]
Target = Annotated[str, typer.Option(help="URL of the code system or value set that is proposed from.")]
ACTOR = "yilian codes"


@codes_app.command("list")
def codes_list(
    hospital: Hospital = "",
    state: Annotated[list[str] | None, typer.Option(help="open, assigned, mapped or ignored.")] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
    everything: Annotated[bool, typer.Option("--all", help="Also those that need no mapping.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON line a code.")] = False,
) -> None:
    """The codes that wait, most frequent first."""
    found = asyncio.run(_with_hub(lambda hub: _queue(hub, hospital, state, everything, count)))
    if json:
        for each in found:
            typer.echo(msgspec.json.encode(each).decode())
        return
    table = Table("hospital", "table", "code", "display", "seen", "alone", "last seen", "state")
    for each in found:
        told = each.sighting
        numbers = (str(told.seen), str(told.alone), f"{told.last:%Y-%m-%d}")
        table.add_row(each.hospital, each.name, told.key.code, told.display, *numbers, each.state)
    Console().print(table)


@codes_app.command("propose")
def codes_propose(
    system: Annotated[str, typer.Argument(help="URL of the hospital's code system.")],
    code: Annotated[str, typer.Argument(help="The code.")],
    target: Target,
    count: Annotated[int, typer.Option(min=1, max=100)] = 10,
) -> None:
    """What a code may mean, best first, as JSON lines with scores and reasons."""
    for each in asyncio.run(_with_hub(lambda hub: _proposed(hub, system, code, target, count))):
        typer.echo(msgspec.json.encode(each).decode())


@codes_app.command("export")
def codes_export(
    out: Annotated[Path, typer.Argument(help="The sheet to write, .csv or .xlsx.")],
    target: Target = "",
    hospital: Hospital = "",
    count: Annotated[int, typer.Option(min=1, max=100_000)] = 10_000,
) -> None:
    """Write the queue as a sheet for a reviewer, with proposals if a target is named."""
    from exchange.local_codes.sheet import csv_of, xlsx_of

    makes = {".csv": csv_of, ".xlsx": xlsx_of}
    if out.suffix.lower() not in makes:
        raise Refused(f"{out}: a sheet is a .csv or an .xlsx")
    lines = asyncio.run(_with_hub(lambda hub: _lines(hub, hospital, target, count)))
    out.write_bytes(makes[out.suffix.lower()](lines))
    typer.echo(f"{out}: {len(lines)} codes")


@codes_app.command("upload")
def codes_upload(
    sheet: Annotated[Path, typer.Argument(help="The reviewed sheet, .csv or .xlsx.")],
    reviewer: Annotated[str, typer.Option(help="Who has reviewed it.")],
    effective: Annotated[
        str, typer.Option(help="From when on it holds (2026-01-31); else from now on.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Make a new version of each concept map that a sheet speaks of. Exit 1 if lines cannot be used."""
    if not sheet.is_file():
        raise Refused(f"{sheet} does not exist")
    if not reviewer.strip():
        raise Refused("--reviewer names who has reviewed it")
    said = sheet.read_bytes()
    uploaded = asyncio.run(_with_hub(lambda hub: _uploaded(hub, said, reviewer, effective, dry_run)))
    for fault in uploaded.faults:
        typer.echo(f"line {fault.row}, {fault.column}: {fault.severity}: {fault.text}", err=True)
    if any(fault.severity == "error" for fault in uploaded.faults):
        raise typer.Exit(1)
    for made in uploaded.made:
        change = made.change
        typer.echo(
            f"{made.canonical}: {change.added} added, {change.changed} changed, {change.same} as before"
        )
    would = "would be" if dry_run else "can be"
    typer.echo(
        f"{uploaded.decided} codes decided; {uploaded.resources} stored resources {would} retranslated"
    )


@codes_app.command("retranslate")
def codes_retranslate(
    hospital: Hospital = "",
    system: Annotated[
        list[str] | None, typer.Option(help="URL of a code system; repeat it for more.")
    ] = None,
) -> None:
    """Put the standard's codes into what is stored, as the maps of now say, also while a hub is running."""
    progress = asyncio.run(_with_hub(lambda hub: _retranslated(hub, hospital, system or [])))
    typer.echo(f"\n{progress['changed']} resources changed, {progress['failed']} could not be")
    if progress["failed"]:
        raise typer.Exit(1)


async def _with_hub(work: "Callable[[Hub], Awaitable[T]]") -> T:
    # The other commands need none of what this loads.
    from exchange.database import migrate, open_database
    from exchange.hub import open_hub

    settings = from_environment()
    async with open_database(settings) as database:
        await migrate(database.dsn)
        async with open_hub(settings, database.dsn) as hub:
            return await work(hub)


async def _queue(
    hub: "Hub", hospital: str, states: Sequence[str] | None, everything: bool, count: int
) -> "list[LocalCode]":
    from exchange.local_codes import store

    async with hub.pool.acquire() as connection:
        wanted = states or ["open", "assigned"]
        return await store.queue(connection, wanted, _within(hub, hospital), everything, count)


def _within(hub: "Hub", hospital: str) -> str:
    return hub.local_codes.systems.of_hospital(hospital) if hospital else ""


async def _proposed(hub: "Hub", system: str, code: str, target: str, count: int) -> list[Any]:
    from exchange.local_codes import store
    from exchange.local_codes.proposing import UnknownTarget, proposed, targets_of
    from exchange.local_codes.sighting import Key

    key = Key(system, code)
    async with hub.pool.acquire() as connection:
        known = (await store.these(connection, [key])).get(key)
    if known is None:
        raise Refused(f"{code} was never met in {system}")
    told = known.sighting
    try:
        targets = targets_of(hub.terminology.library, target)
    except UnknownTarget as error:
        raise Refused(str(error)) from None
    return list(proposed(targets, code, told.display, told.companion, count))


async def _lines(hub: "Hub", hospital: str, target: str, count: int) -> list[list[str]]:
    from exchange.local_codes.proposing import UnknownTarget, lines, targets_of

    found = await _queue(hub, hospital, None, False, count)
    try:
        return list(lines(found, targets_of(hub.terminology.library, target)))
    except UnknownTarget as error:
        raise Refused(str(error)) from None


async def _uploaded(hub: "Hub", sheet: bytes, reviewer: str, effective: str, dry_run: bool) -> "Uploaded":
    from exchange.local_codes.concept_map import Approval, NoDate, effective_of
    from exchange.local_codes.sheet import UnusableSheet
    from exchange.local_codes.upload import Uploaded, checked, rehearsed, uploaded

    now = hub.clock()
    try:
        approval = Approval(reviewer, effective_of(effective, now), now)
        review, known = await checked(hub, sheet, "")
    except (UnusableSheet, NoDate) as error:
        raise Refused(str(error)) from None
    if not review.is_sound:
        return Uploaded(review.faults, (), 0, 0)
    if dry_run:
        return await rehearsed(hub, review, approval)
    return await uploaded(hub, review, known, approval, ACTOR)


async def _retranslated(hub: "Hub", hospital: str, systems: Sequence[str]) -> dict[str, Any]:
    from exchange.local_codes import store
    from exchange.local_codes.retranslation import retranslated

    async with hub.pool.acquire() as connection:
        asked = list(systems) or await store.systems_within(connection, _within(hub, hospital))
    return await retranslated(hub, {"systems": asked}, ACTOR, None, _tell)


async def _tell(progress: dict[str, Any], told: str) -> None:
    typer.echo(f"\r{told}", nl=False, err=True)
