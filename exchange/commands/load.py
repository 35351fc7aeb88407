"""`yilian load PATH…`: Bundles, NDJSON and single resources straight into the store."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS
from exchange.commands.loading.files import files_of
from exchange.commands.refused import Refused
from exchange.settings import Settings

if TYPE_CHECKING:
    from exchange.commands.loading.run import Tally

CONNECTIONS = 4
SHOWN = 100


def load(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, or folders of them.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Load Bundles, NDJSON or single resources (plain, .gz, .bz2); loading again changes nothing.

    Resources keep their ids. References of a Bundle to its own entries and conditional references
    (Practitioner?identifier=…) become plain ones. Of a transaction all is stored or nothing.
    """
    files = files_of(paths)
    if not files:
        raise Refused("there is no .json, .ndjson or .jsonl file (plain, .gz or .bz2) there")
    began = time.monotonic()
    tally = asyncio.run(_load(from_environment(), files))
    report = _report(tally, time.monotonic() - began)
    if json:
        typer.echo(msgspec.json.encode(report))
    else:
        _show_findings(tally)
        typer.echo(
            f"{tally.resources} resources, {tally.files} files, {report['seconds']} s, "
            f"{report['resources_per_second']} resources/s"
        )
    if tally.findings:
        raise typer.Exit(FINDINGS)


async def _load(settings: Settings, files: Sequence[Path]) -> "Tally":
    from exchange.commands.loading.run import load_files
    from exchange.commands.loading.workers import processors
    from exchange.database import create_pool, migrate, open_database
    from exchange.search.criteria import search_of
    from exchange.search.extract import compile_extraction
    from profiles.definitions import definitions

    search = search_of(compile_extraction(definitions(), settings.fhir_url))
    async with open_database(settings) as database:
        await migrate(database.dsn)
        pool = await create_pool(database.dsn, CONNECTIONS)
        try:
            with _progress() as progress:
                task = progress.add_task("loading", total=len(files), detail="")

                def tell(tally: "Tally") -> None:
                    progress.update(task, completed=tally.files, detail=f"{tally.resources:,} resources")

                number = min(processors(), len(files))
                return await load_files(pool, search, settings.fhir_url, files, number, tell)
        finally:
            await pool.close()


def _progress() -> Progress:
    """On standard error, and only where somebody looks."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files  {task.fields[detail]}"),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _report(tally: "Tally", seconds: float) -> dict[str, Any]:
    return {
        "resources": tally.resources,
        "created": tally.statuses["created"],
        "updated": tally.statuses["updated"],
        "unchanged": tally.statuses["unchanged"],
        "files": tally.files,
        "seconds": round(seconds, 1),
        "resources_per_second": round(tally.resources / seconds),
        "findings": [
            {
                "source": str(finding.path),
                "place": finding.place,
                "severity": finding.issue.severity,
                "code": finding.issue.code,
                "expression": finding.issue.expression,
                "diagnostics": finding.issue.diagnostics,
            }
            for finding in tally.findings
        ],
    }


def _show_findings(tally: "Tally") -> None:
    for finding in tally.findings[:SHOWN]:
        typer.echo(str(finding), err=True)
    if len(tally.findings) > SHOWN:
        typer.echo(f"… and {len(tally.findings) - SHOWN} more findings; --json lists all", err=True)
