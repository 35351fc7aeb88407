"""python -m benchmarks.crash --kills N: kill -9 of hub, worker and database under load, again and again.

38 senders push over MLLP in both modes and over HTTP, poison among it, and send again what is not
acknowledged. What dies (`serve --workers 2` as a whole, its worker, the whole PostgreSQL, one of its
sessions) and when comes from the seed. After each kill somebody must be answered within a minute. In the end
everything must be worked off, and `benchmarks.crash_judge` compares. Exit status 1 if anything is wrong.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

import conformance.fhir
from benchmarks.crash_judge import judged
from benchmarks.crash_senders import CHANNELS, Doors, Sender
from benchmarks.running_hub import RunningHub, start, stop
from exchange.store import embedded
from exchange.store.tuning import tuning

SENDERS: Final = 38
TARGETS: Final = ("hub", "worker", "database", "session")
ANSWER_SECONDS: Final = 60.0
DRAIN_SECONDS: Final = 600.0
STATES: Final = "SELECT state, count(*) FROM inbox GROUP BY state"


@dataclass(slots=True)
class Run:
    """What runs, who sends to it, and what was seen."""

    folder: Path
    senders: list[Sender]
    server: embedded.Server
    doors: Doors = field(default_factory=Doors)
    hub: RunningHub | None = None
    kills: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    drained: float = 0.0
    states: dict[str, int] = field(default_factory=dict)

    @property
    def acknowledged(self) -> int:
        return sum(len(each.good) + len(each.poison) - bool(each.waiting) for each in self.senders)


async def crash(folder: Path, kills: int, seed: int, longest: float, senders: int = SENDERS) -> Run:
    """Kills so often, at most `longest` seconds after somebody was answered."""
    choose = random.Random(seed)
    server = await embedded.start(folder, tuning())
    run = Run(folder, [Sender(n, CHANNELS[n % len(CHANNELS)], seed) for n in range(1, senders + 1)], server)
    try:
        connection = await asyncpg.connect(server.dsn("postgres"))
        await connection.execute(f"CREATE DATABASE {embedded.USER}")
        await connection.close()
        await _start_hub(run)
        sending = [asyncio.create_task(sender.run(run.doors)) for sender in run.senders]
        for number in range(kills):
            await _until_answered(run, number)
            await asyncio.sleep(choose.uniform(0.05, longest))
            target = choose.choice(TARGETS)
            print(f"kill {number + 1}: {target}, {run.acknowledged} acknowledged", flush=True)
            run.kills[target] += 1
            await _KILL[target](run, choose)
        await _until_answered(run, kills)
        run.doors.ending = True
        await _ended(run, sending)
        return run
    finally:
        if run.hub is not None:
            await asyncio.to_thread(stop, run.hub)
        await embedded.stop(run.server)


async def _until_answered(run: Run, number: int) -> None:
    before, deadline = run.acknowledged, time.monotonic() + ANSWER_SECONDS
    while run.acknowledged == before:
        if time.monotonic() > deadline:
            run.problems.append(f"after kill {number} nobody was answered for {ANSWER_SECONDS:.0f} s")
            return
        await asyncio.sleep(0.02)


async def _ended(run: Run, sending: list[asyncio.Task[None]]) -> None:
    """Everything sent is acknowledged, everything kept is worked off; then it is judged."""
    assert run.hub is not None
    await _worked_off(run, sending)
    if late := [task for task in sending if not task.done()]:
        waiting = sorted(
            f"{each.number} ({each.channel}, last error {each.last_error or 'none'})"
            for each in run.senders
            if each.waiting
        )
        run.problems.append(f"{len(late)} senders wait for their answer: {', '.join(waiting)}")
        for task in late:
            task.cancel()
    token = await asyncio.to_thread(run.hub.token, "judge", "system/*.rs")
    async with conformance.fhir.connected(run.hub.fhir, token) as fhir:
        run.problems += await judged(fhir, run.senders, run.states)


async def _worked_off(run: Run, sending: list[asyncio.Task[None]]) -> None:
    """Who waits for a result may stand behind messages of which others were told that they are kept: he waits
    as long as those become fewer."""
    connection = await asyncpg.connect(run.server.dsn())
    began = moved = time.monotonic()
    before = (-1, -1)
    while time.monotonic() < min(moved + ANSWER_SECONDS, began + DRAIN_SECONDS):
        run.states = {row[0]: row[1] for row in await connection.fetch(STATES)}
        run.drained = time.monotonic() - began
        if "received" not in run.states and all(task.done() for task in sending):
            break
        if (now := (run.acknowledged, run.states.get("received", 0))) != before:
            moved, before = time.monotonic(), now
        await asyncio.sleep(0.1)
    await connection.close()


async def _start_hub(run: Run) -> None:
    settings = {
        "YILIAN_DATABASE_URL": run.server.dsn(),
        "YILIAN_WORKERS": "2",
    }
    run.hub = await asyncio.to_thread(start, run.folder / "hub", run.folder / "hub.log", None, **settings)
    run.doors.mllp = run.hub.mllp_port
    # A token is for one address, and the port is another at each start.
    client = f"crash-{run.kills.total()}"
    run.doors.token = await asyncio.to_thread(run.hub.token, client, "system/hl7v2.c")
    run.doors.http = run.hub.http_port


async def _kill_hub(run: Run, choose: random.Random) -> None:
    """With its workers, as when a machine's service is killed."""
    assert run.hub is not None
    workers = children(run.hub.process.pid)
    run.hub.kill()
    _kill(*workers)
    await _start_hub(run)


async def _kill_worker(run: Run, choose: random.Random) -> None:
    """The hub starts another."""
    assert run.hub is not None
    if found := children(run.hub.process.pid):
        _kill(choose.choice(found))


async def _kill_database(run: Run, choose: random.Random) -> None:
    """All of it at once, as when the power fails, except that what was written to files is there."""
    found = children(run.server.process.pid)
    _kill(run.server.process.pid, *found)
    run.server.process.wait()
    await asyncio.sleep(choose.uniform(0, 0.5))
    run.server = await embedded.start(run.folder, tuning())


async def _kill_session(run: Run, choose: random.Random) -> None:
    """PostgreSQL ends all sessions then, and recovers."""
    found = [pid for pid in children(run.server.process.pid) if b"postgres: yilian" in _title(pid)]
    if found:
        _kill(choose.choice(found))


_KILL: Final = {
    "hub": _kill_hub,
    "worker": _kill_worker,
    "database": _kill_database,
    "session": _kill_session,
}


def children(parent: int) -> list[int]:
    """The processes that a process of ours has started."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (
                entry.name.isdigit()
                and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return sorted(found)


def _title(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _kill(*pids: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def told(run: Run) -> str:
    """In a sentence."""
    good = sum(len(sender.good) for sender in run.senders)
    poison = sum(len(sender.poison) for sender in run.senders)
    again = sum(sender.again for sender in run.senders)
    longest = max(sender.longest for sender in run.senders)
    return (
        f"{run.kills.total()} kills ({', '.join(f'{n} {t}' for t, n in sorted(run.kills.items()))}); {good} "
        f"messages and {poison} of poison acknowledged, {again} connections broken and messages sent again, "
        f"longest wait for an answer {longest:.1f} s; worked off {run.drained:.1f} s after the end: "
        f"{run.states}; {len(run.problems)} problems"
    )


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments.add_argument("--longest", type=float, default=2.0, help="seconds before a kill, at most")
    arguments.add_argument("--senders", type=int, default=SENDERS)
    given = arguments.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="yilian-crash-") as place:
        run = asyncio.run(crash(Path(place), given.kills, given.seed, given.longest, given.senders))
    for problem in run.problems:
        print(f"PROBLEM {problem}")
    print(told(run))
    return 1 if run.problems else 0


if __name__ == "__main__":
    sys.exit(main())
