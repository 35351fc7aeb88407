"""`yilian load PATH…`: Bundles, NDJSON and single resources straight into the store."""

import asyncio
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS
from exchange.commands.named import hospital_id
from exchange.commands.refused import Refused
from exchange.settings import Settings

if TYPE_CHECKING:
    from exchange.loading.finding import Finding
    from exchange.loading.run import Tally
    from exchange.loading.sources import Source

SHOWN: Final = 100
STOPPED: Final = 130


class Indexes(StrEnum):
    """What becomes of the search indexes while loading."""

    AUTO = "auto"
    KEEP = "keep"
    REBUILD = "rebuild"


def load(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, or folders of them.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
    workers: Annotated[int, typer.Option(help="Processes; by default one a processor.", min=0)] = 0,
    hospital: Annotated[
        str | None,
        typer.Option(
            help="Tell the patient index that the Patients are this hospital's.", callback=hospital_id
        ),
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="NDJSON file of all that was found wrong.")] = None,
    quote: Annotated[bool, typer.Option("--quote", help="With the lines themselves in it.")] = False,
    indexes: Annotated[
        Indexes, typer.Option(help="Keep the search indexes, or drop and rebuild them.")
    ] = Indexes.AUTO,
) -> None:
    """Load Bundles, NDJSON or single resources (plain, .gz, .bz2); loading again changes nothing.

    Resources keep their ids. References of a Bundle to its own entries and conditional references
    (Practitioner?identifier=…) become plain ones. Of a transaction all is stored or nothing. A load that was
    stopped or killed goes on where it stood.
    """
    from exchange.loading.sources import NothingThere, sources_of

    try:
        sources = sources_of(paths)
    except NothingThere as error:
        raise Refused(f"{error} does not exist") from None
    if not sources:
        raise Refused("there is no .json, .ndjson or .jsonl file (plain, .gz or .bz2) there")
    began = time.monotonic()
    with _rejects(rejects) as file:
        findings = Findings(file)
        tally = asyncio.run(
            _load(from_environment(), sources, findings, _wanted(workers, hospital, quote, indexes))
        )
    _tell(tally, findings, time.monotonic() - began, as_json=json)
    if not tally.complete:
        raise typer.Exit(STOPPED)
    if tally.findings:
        raise typer.Exit(FINDINGS)


def _wanted(workers: int, hospital: str | None, quote: bool, indexes: Indexes) -> dict[str, Any]:
    from exchange.loading.workers import processors

    return {
        "workers": workers or processors(),
        "hospital": hospital,
        "with_text": quote,
        "indexes": indexes.value,
    }


@dataclass(slots=True)
class Findings:
    """All go to the file, some are shown."""

    file: IO[bytes] | None
    shown: list[tuple[Path, "Finding"]] = field(default_factory=list)

    def note(self, path: Path, finding: "Finding") -> None:
        if len(self.shown) < SHOWN:
            self.shown.append((path, finding))
        if self.file is not None:
            self.file.write(msgspec.json.encode(finding.report(path)) + b"\n")


@contextmanager
def _rejects(path: Path | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
    else:
        with path.open("wb") as file:
            yield file


async def _load(
    settings: Settings, sources: "Sequence[Source]", findings: Findings, wanted: dict[str, Any]
) -> "Tally":
    from exchange.loading.workers import processes

    async with AsyncExitStack() as stack:
        hands = await stack.enter_async_context(processes(wanted["workers"]))
        from exchange.database import migrate, open_database  # meanwhile, for it takes a second
        from exchange.loading.run import Listener, Target, load

        database = await stack.enter_async_context(open_database(settings))
        await migrate(database.dsn)
        with _progress() as progress:
            began = time.monotonic()
            task = progress.add_task("loading", total=sum(source.size for source in sources), detail="")

            def tell(tally: "Tally") -> None:
                rate = tally.resources / max(time.monotonic() - began, 0.001)
                detail = f"{tally.resources:,} resources, {rate:,.0f}/s"
                progress.update(task, completed=tally.covered, description=tally.stage, detail=detail)

            target = Target(settings, database.dsn, **wanted)
            return await load(sources, target, Listener(tell, findings.note), _stopped_by_interrupt(), hands)


def _stopped_by_interrupt() -> asyncio.Event:
    """The first Ctrl-C lets what is under way be finished, the second ends at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def interrupted() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    loop.add_signal_handler(signal.SIGINT, interrupted)
    return stop


def _progress() -> Progress:
    """On standard error, and only where somebody looks."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[detail]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _tell(tally: "Tally", findings: Findings, seconds: float, *, as_json: bool) -> None:
    report = _report(tally, findings, seconds)
    if as_json:
        typer.echo(msgspec.json.encode(report))
        return
    for path, finding in findings.shown:
        typer.echo(finding.told(path), err=True)
    if tally.findings > len(findings.shown):
        typer.echo(
            f"… and {tally.findings - len(findings.shown)} more findings; --rejects FILE has all", err=True
        )
    if tally.earlier:
        typer.echo(f"{tally.earlier} resources had been loaded before")
    typer.echo(
        f"{tally.resources} resources, {tally.files} files, {report['seconds']} s, "
        f"{report['resources_per_second']} resources/s"
    )
    if not tally.complete:
        typer.echo("stopped; load again to go on", err=True)


def _report(tally: "Tally", findings: Findings, seconds: float) -> dict[str, Any]:
    return {
        "resources": tally.resources,
        "created": tally.created,
        "updated": tally.updated,
        "unchanged": tally.unchanged,
        "rejected": tally.rejected,
        "earlier": tally.earlier,
        "files": tally.files,
        "complete": tally.complete,
        "seconds": round(seconds, 1),
        "resources_per_second": round(tally.resources / seconds),
        "finding_count": tally.findings,
        "findings": [finding.report(path) for path, finding in findings.shown],
    }
