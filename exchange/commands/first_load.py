"""`yilian mpi load`: very many patients at once into the patient index."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS
from exchange.commands.named import hospital_id
from exchange.commands.refused import Refused
from exchange.settings import Settings

if TYPE_CHECKING:
    from exchange.first_load.run import Tally, Wanted

SHOWN: Final = 20
# So often, in seconds, is a line of progress told.
OFTEN: Final = 5.0


def load(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="HOSPITAL=FILE…", help="NDJSON of a hospital's Patients (plain, .gz, .bz2)."),
    ] = None,
    from_store: Annotated[
        bool,
        typer.Option("--from-store", help="Stored Patients that the index does not know."),
    ] = False,
    hospital: Annotated[
        str | None,
        typer.Option(
            help="Whose the stored Patients are, if no domain of their numbers says it.", callback=hospital_id
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes; by default one a processor.", min=0)] = 0,
    json: Annotated[bool, typer.Option("--json", help="One JSON object at the end.")] = False,
) -> None:
    """Tell the patient index of very many patients: a first load.

    Into an empty index they are decided as if they had come one after another, in whole tables; into one in
    use they are told one after another. Enterprise Patients are stored beside them. A load that ended goes on
    when it is asked for again, and a repeated one changes nothing. Exit 1 if a line could not be told, or a
    stored Patient is nobody's.
    """
    wanted = _wanted(files or [], from_store=from_store, hospital=hospital)
    began = time.monotonic()
    tally = asyncio.run(_load(from_environment(), wanted, workers))
    _tell(tally, wanted, time.monotonic() - began, as_json=json)
    if tally.findings or tally.nobodys:
        raise typer.Exit(FINDINGS)


def _wanted(files: list[str], *, from_store: bool, hospital: str | None) -> "Wanted":
    from exchange.first_load.run import Given, Wanted
    from exchange.loading.sources import Source

    try:
        import numpy  # noqa: F401
    except ImportError:
        raise Refused("numpy is missing: pip install 'yilian[linking]'") from None
    if bool(files) == from_store:
        raise Refused("name files as HOSPITAL=FILE, or take what is stored: --from-store")
    if files and hospital:
        raise Refused("--hospital is for --from-store; a file is named with its hospital")
    given = []
    for told in files:
        name, equals, path = told.partition("=")
        if not (name and equals and path):
            raise Refused(f"{told}: name the hospital too, as HOSPITAL=FILE")
        if not Path(path).is_file():
            raise Refused(f"{path} does not exist")
        source = Source(Path(path), Path(path).stat().st_size)
        if not source.has_lines:
            raise Refused(f"{path} is not NDJSON (.ndjson or .jsonl; plain, .gz or .bz2)")
        given.append(Given(str(hospital_id(name)), source))
    return Wanted(given, hospital)


async def _load(settings: Settings, wanted: "Wanted", workers: int) -> "Tally":
    from exchange.first_load.worker import PROGRAM
    from exchange.loading.workers import processes, processors

    number = workers or processors()
    async with processes(number, PROGRAM) as hands:
        from exchange.database import migrate, open_database  # meanwhile, for it takes a second
        from exchange.first_load.run import first_load

        async with open_database(settings) as database:
            await migrate(database.dsn)
            return await first_load(settings, database.dsn, wanted, Progress().told, hands, number)


class Progress:
    """Lines on standard error: each stage when it begins, and how far it is every few seconds."""

    def __init__(self) -> None:
        self._stage, self._last = "", 0.0

    def told(self, tally: "Tally") -> None:
        now = time.monotonic()
        if tally.stage == self._stage and now - self._last < OFTEN:
            return
        self._stage, self._last = tally.stage, now
        share = f" {100 * tally.done // tally.total} %" if tally.total else ""
        typer.echo(f"{tally.stage}{share} ({tally.staged} patients, {tally.persons} persons)", err=True)


def _tell(tally: "Tally", wanted: "Wanted", seconds: float, *, as_json: bool) -> None:
    if as_json:
        report = {
            "patients": tally.staged,
            "persons": tally.persons,
            "questions": tally.questions,
            "told_one_by_one": tally.told,
            "enterprise_patients": tally.shown,
            "nobodys": tally.nobodys,
            "finding_count": len(tally.findings),
            "seconds": round(seconds, 1),
        }
        typer.echo(msgspec.json.encode(report))
        return
    for finding in sorted(tally.findings, key=lambda each: (each.place, each.line))[:SHOWN]:
        path = wanted.files[finding.place].source.path
        typer.echo(f"{path}:{finding.line}: {finding.reason}", err=True)
    if tally.nobodys:
        typer.echo(f"{tally.nobodys} stored Patients are nobody's: name their --hospital", err=True)
    typer.echo(
        f"{tally.staged} patients, {tally.persons} persons, {tally.questions} questions, "
        f"{tally.told} told one by one, {tally.shown} enterprise Patients, {seconds:.1f} s"
    )
