"""`yilian mapping`: what hospitals' files say, whether it can work, and what it would change in what came."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS

mapping_app = typer.Typer(help="The maps of hospitals, and the layers below them.", no_args_is_help=True)
Id = Annotated[str, typer.Option("--hospital", help="Id of the hospital.")]
Candidate = Annotated[
    Path | None,
    typer.Option(
        "--with",
        "--file",
        help="A file as it would be: the hospital's, or regions/…, vendors/…, interfaces/…",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON line each.")]


@mapping_app.command()
def check(
    path: Annotated[
        Path | None, typer.Argument(help="A folder of hospitals' files, or one file of it; by default all.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell every fault of hospitals' files with file and line; exit 1 if there is one."""
    from exchange.commands import mapping_files

    found = mapping_files.checked_files(from_environment(), path)
    for fault in found.faults:
        told = {"file": fault.place.file, "line": fault.place.line, "fault": fault.text}
        typer.echo(msgspec.json.encode(told) if json else str(fault))
    for note in found.notes:
        typer.echo(note, err=True)
    if not json:
        typer.echo(f"{found.files} files, {found.hospitals} hospitals, {len(found.faults)} faults")
    if found.faults:
        raise typer.Exit(FINDINGS)


@mapping_app.command()
def diff(hospital: Id, file: Candidate = None, json: Json = False) -> None:
    """Show what each layer sets for a hospital, other than the hub's own maps."""
    from exchange.commands import mapping_files

    for each in mapping_files.effective(from_environment(), hospital, file):
        typer.echo(msgspec.json.encode(asdict(each)) if json else str(each))


@mapping_app.command("test")
def replayed(
    hospital: Id,
    file: Candidate = None,
    limit: Annotated[int, typer.Option(help="So many of the latest messages.", min=1)] = 1000,
    message_type: Annotated[str | None, typer.Option("--type", help="Only those of a type: ADT^A08.")] = None,
    json: Json = False,
) -> None:
    """Translate a hospital's stored messages as now and by another file; exit 1 if anything would change.

    Without --with: as now and by the hub's own maps.
    """
    from exchange.commands import mapping_change

    asked = mapping_change.Asked(hospital, file, limit, message_type)
    changed = asyncio.run(mapping_change.tested(from_environment(), asked))
    for each in changed.messages:
        typer.echo(msgspec.json.encode(asdict(each)) if json else str(each))
    if not json:
        for line in changed.summary():
            typer.echo(line)
    if changed.messages:
        raise typer.Exit(FINDINGS)


@mapping_app.command()
def activate(
    file: Annotated[Path, typer.Argument(help="The hospital's file, or regions/…, vendors/…, interfaces/…")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for the running hub.", min=0)] = 10.0,
) -> None:
    """Put a file in force, if all files together have no fault; the running hub takes it up.

    Exit 1 if it has a fault, or the hub has not taken it up in time; in the first case nothing has changed.
    """
    from exchange.commands import mapping_files

    settings = from_environment()
    faults = mapping_files.put(settings, file)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise typer.Exit(FINDINGS)
    taken = mapping_files.awaited(settings, wait)
    typer.echo(
        f"{file.name} is in force" if taken else f"{file.name} is in place; no hub has taken it up yet"
    )
    if wait and not taken:
        raise typer.Exit(FINDINGS)
