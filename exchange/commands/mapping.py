"""`yilian mapping`: what a hospital's file changes, and what it would change in the messages that came."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS
from exchange.commands.refused import Refused

mapping_app = typer.Typer(help="The maps of hospitals.", no_args_is_help=True)
Id = Annotated[str, typer.Option("--hospital", help="Id of the hospital.")]
Candidate = Annotated[
    Path | None, typer.Option("--file", help="Its file as it would be; by default the one in force.")
]


@mapping_app.command()
def diff(hospital: Id, file: Candidate = None) -> None:
    """Show how a hospital's maps differ from the hub's own; exit 1 if a row cannot work."""
    from exchange.commands import mapping_change

    candidate = _read(file)
    for line in mapping_change.differences(from_environment(), hospital, candidate):
        typer.echo(line)


@mapping_app.command("test")
def replayed(
    hospital: Id,
    file: Candidate = None,
    limit: Annotated[int, typer.Option(help="So many of the latest messages.", min=1)] = 1000,
) -> None:
    """Translate a hospital's stored messages as now and by another file; exit 1 if anything would change."""
    from exchange.commands import mapping_change

    candidate = _read(file)
    changed = asyncio.run(mapping_change.tested(from_environment(), hospital, candidate, limit))
    for line in changed.lines:
        typer.echo(line)
    typer.echo(f"{changed.messages} messages, {changed.different} would be translated otherwise")
    if changed.different:
        raise typer.Exit(FINDINGS)


def _read(file: Path | None) -> str | None:
    if file is None:
        return None
    if not file.is_file():
        raise Refused(f"{file} is no file")
    return file.read_text("utf-8")
