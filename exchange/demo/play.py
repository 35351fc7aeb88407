"""The demonstration from the first message to the last line on the terminal."""

import asyncio
import logging
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from exchange.commands.connected import connected
from exchange.demo.push import Tally, push
from exchange.demo.record import Record, fetch_record
from exchange.demo.show import curls, shown
from exchange.demo.stage import Stage, stage
from exchange.demo.world import DECLARED_NAMES, World, world
from exchange.settings import Settings
from exchange.trust.clients import Client, add_client, find_client
from exchange.trust.issuing import issue_token
from exchange.trust.scopes import parse_scopes

CLIENT = "demo"
# The hub of the demonstration logs here, not between the lines of the display.
LOG = "hub.log"
SCOPES = "system/*.rs"
SEVERAL = 3
CANDIDATES = 20


@dataclass(frozen=True, slots=True)
class Size:
    """How large the world is, and its seed."""

    seed: int
    hospitals: int
    residents: int
    messages: int | None


async def play(settings: Settings, size: Size, leave: bool) -> int:
    """Push, show, and go on serving unless told to leave; gives how much was not as it should be."""
    console = Console()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, filename=settings.data_dir / LOG)
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    console.print("starting the hub")
    async with stage(settings, world(size.seed, size.hospitals, residents=0).hospitals) as held:
        made = _world(size, held)
        tally = await _pushed(held.settings, made, console)
        record = await _record(held.settings, made)
        _show(record, held.settings, console)
        if held.own and not leave:
            console.print(f"\nThe hub goes on serving {held.settings.fhir_url} until Ctrl-C.")
            await asyncio.Event().wait()
    return tally.refused + (record is None)


def _world(size: Size, held: Stage) -> World:
    """A hub that others run does not know which of our hospitals forgets to say its charset."""
    if held.own:
        return world(size.seed, size.hospitals, size.residents, size.messages)
    return world(size.seed, size.hospitals, size.residents, size.messages, DECLARED_NAMES)


async def _pushed(settings: Settings, made: World, console: Console) -> Tally:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("messages  {task.fields[told]}"),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        task = progress.add_task(f"{len(made.hospitals)} hospitals push", total=made.size, told="")

        def tell(tally: Tally) -> None:
            progress.update(task, completed=tally.acknowledged, told=_told(progress, task, tally))

        return await push(made, settings.mllp_host, settings.mllp_port, tell)


def _told(progress: Progress, task: TaskID, tally: Tally) -> str:
    seconds = progress.tasks[task].elapsed or 0
    rate = f"{tally.acknowledged / seconds:.0f}/s  " if seconds > 1 else ""
    codes = "  ".join(f"{code} {count}" for code, count in sorted(tally.codes.items()))
    return f"{rate}{codes}{f'  reconnected {tally.reconnected}' if tally.reconnected else ''}"


async def _record(settings: Settings, made: World) -> Record | None:
    """Of a resident whom several hospitals know, fetched as any platform would."""
    async with httpx.AsyncClient(
        base_url=settings.fhir_url + "/",
        headers={"Authorization": f"Bearer {await _token(settings)}"},
        timeout=60,
    ) as http:
        people = sorted(made.residents, key=lambda person: -len(made.visited[person.number]))[:CANDIDATES]
        wanted = min(SEVERAL, max(len(made.visited[person.number]) for person in people))
        for person in people:
            record = await fetch_record(http, person.citizen_id)
            if record is not None and len(record.hospital_patients) >= wanted:
                return record
    return None


async def _token(settings: Settings) -> str:
    async with connected(settings) as connection:
        if await find_client(connection, CLIENT) is None:
            held = Client(CLIENT, CLIENT, None, parse_scopes(SCOPES), None, datetime.now(UTC))
            await add_client(connection, held)
        instant = datetime.now(UTC)
        return await issue_token(connection, CLIENT, settings.fhir_url, settings.token_lifetime, instant)


def _show(record: Record | None, settings: Settings, console: Console) -> None:
    if record is None:
        console.print("The hub knows none of those who went to several hospitals: that should not be.")
        return
    console.print(shown(record))
    console.print("To repeat it, in another terminal:\n")
    console.out(curls(record, settings.fhir_url, _token_command(settings)), highlight=False)


def _token_command(settings: Settings) -> str:
    """As it is typed in another terminal, where our environment is not."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "yilian" else f"{sys.executable} -m exchange.cli"
    variables = [f"YILIAN_DATA_DIR={settings.data_dir.resolve()}", f"YILIAN_HTTP_PORT={settings.http_port}"]
    return " ".join([*variables, program, "token", CLIENT])
