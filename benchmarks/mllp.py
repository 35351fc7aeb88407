"""python -m benchmarks.mllp: messages of 38 hospitals over MLLP, kept, acknowledged, translated, stored.

A hub of its own with durable commits (`yilian serve --workers N`, embedded PostgreSQL) gets a mixture of
messages (`benchmarks.hospital_day`) from a load generator in another process. Every second the inbox is
asked how many messages wait and for how long the oldest does; in the end all must be processed. With
`--bare`, a listener that only commits and answers (`benchmarks.mllp_bare`) gets as many messages as it
answers before and after, from the same load, with the same PostgreSQL: what the machine itself gives.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks import cpu
from benchmarks.running_hub import RunningHub, running
from exchange.store import embedded

DRAIN_SECONDS: Final = 600.0
# What waits, and since when the oldest.
WAITING: Final = "SELECT count(*), min(received) FROM inbox WHERE state = 'received'"
STATES: Final = "SELECT state, count(*) FROM inbox GROUP BY state"
VERSIONS: Final = "SELECT count(*), sum(version) FROM resource"


@dataclass(slots=True)
class Measured:
    """`waiting` and `oldest` (seconds) are as they were each second; CPU in seconds."""

    seconds: float = 0.0
    sent: int = 0
    other: dict[str, int] = field(default_factory=dict)
    latencies: list[list[float]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    oldest: list[float] = field(default_factory=list)
    drained: float = 0.0
    hub_cpu: float = 0.0
    postgres_cpu: float = 0.0
    load_cpu: float = 0.0
    states: dict[str, int] = field(default_factory=dict)
    stored: tuple[int, int] = (0, 0)
    bare: list[float] = field(default_factory=list)


async def measure(hub: RunningHub, given: argparse.Namespace) -> Measured:
    """One run, with a second before that does not count."""
    folder = Path(hub.environment["YILIAN_DATA_DIR"]) / "postgres"
    postmaster = embedded.find_postmaster(folder)
    assert postmaster is not None
    connection = await asyncpg.connect(embedded.socket_dsn(postmaster.sockets, embedded.USER))
    try:
        measured = Measured()
        if given.bare:
            await connection.execute("CREATE DATABASE bare")
            measured.bare.append(await _bare(postmaster.sockets, given))
        await _loaded(hub.mllp_port, given, given.warm, given.seed + 1, Measured(), connection)
        await _drained(connection)
        before = _spent(hub, postmaster.pid)
        await _loaded(hub.mllp_port, given, given.seconds, given.seed, measured, connection)
        measured.drained = await _drained(connection)
        after = _spent(hub, postmaster.pid)
        measured.hub_cpu, measured.postgres_cpu = (b - a for a, b in zip(before, after, strict=True))
        measured.states = {row[0]: row[1] for row in await connection.fetch(STATES)}
        [stored] = await connection.fetch(VERSIONS)
        measured.stored = stored[0], stored[1]
        if given.bare:
            measured.bare.append(await _bare(postmaster.sockets, given))
        return measured
    finally:
        await connection.close()


async def _bare(sockets: Path, given: argparse.Namespace) -> float:
    """Messages a second that a listener without a hub keeps and acknowledges."""
    listener = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.mllp_bare", embedded.socket_dsn(sockets, "bare")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert listener.stdin is not None
    assert listener.stdout is not None
    try:
        port = int(await listener.stdout.readline())
        whole = argparse.Namespace(**{**vars(given), "rate": 0})
        heard = Measured()
        await _loaded(port, whole, given.bare, given.seed, heard, None)
        return heard.sent / heard.seconds
    finally:
        listener.stdin.close()
        await listener.wait()


async def _loaded(
    port: int,
    given: argparse.Namespace,
    seconds: float,
    seed: int,
    measured: Measured,
    watched: asyncpg.Connection | None,
) -> None:
    arguments = {
        "connections": given.connections,
        "seconds": seconds,
        "rate": given.rate,
        "mode": given.mode,
        "seed": seed,
    }
    load = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.mllp_load", str(port)),
        *(word for name, value in arguments.items() for word in (f"--{name}", str(value))),
        stdout=subprocess.PIPE,
        limit=1 << 28,
    )
    assert load.stdout is not None
    await load.stdout.readline()
    watching = [asyncio.create_task(_watch(watched, measured))] if watched is not None else []
    told: dict[str, Any] = json.loads(await load.stdout.readline() or b"{}")
    for each in watching:
        each.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    if await load.wait() or not told:
        raise RuntimeError("the load generator failed")
    measured.seconds, measured.sent, measured.other = told["seconds"], told["sent"], told["other"]
    measured.latencies, measured.load_cpu = told["by_second"], told["cpu"]


async def _watch(connection: asyncpg.Connection, measured: Measured) -> None:
    while True:
        await asyncio.sleep(1)
        [(count, since)] = await connection.fetch(WAITING)
        measured.waiting.append(count)
        measured.oldest.append((datetime.now(UTC) - since).total_seconds() if since else 0.0)


async def _drained(connection: asyncpg.Connection) -> float:
    began = time.perf_counter()
    while await connection.fetchval(WAITING):
        if time.perf_counter() - began > DRAIN_SECONDS:
            raise RuntimeError("the inbox is not worked off")
        await asyncio.sleep(0.05)
    return time.perf_counter() - began


def _spent(hub: RunningHub, postmaster: int) -> tuple[float, float]:
    """CPU of the hub's processes without PostgreSQL, and of PostgreSQL."""
    database = cpu.of_family(postmaster)
    return cpu.of_family(hub.process.pid) - cpu.of_process(postmaster), database


def told(measured: Measured, given: argparse.Namespace) -> list[str]:
    """What was measured, in lines."""
    count, seconds = measured.sent, measured.seconds
    latencies = sorted(each for second in measured.latencies for each in second)
    whole = seconds + measured.drained
    return [
        f"{given.connections} connections, {given.mode} mode, {seconds:.1f} s, "
        + (f"{given.rate:.0f}/s asked" if given.rate else "as fast as answered"),
        f"received and acknowledged {len(latencies):,} ({len(latencies) / seconds:,.0f}/s), "
        f"other answers {measured.other or 'none'}",
        f"processed {count:,} in {whole:.1f} s ({count / whole:,.0f}/s); "
        f"in the end {measured.states}, {measured.stored[0]:,} resources in {measured.stored[1]:,} versions",
        f"ACK ms: p50 {_ms(latencies, 0.5)}, p95 {_ms(latencies, 0.95)}, p99 {_ms(latencies, 0.99)}, "
        f"longest {_ms(latencies, 1)}; seconds with p99 above 50 ms: {_slow(measured)} "
        f"of {len(measured.latencies)}",
        f"lag: {_lag(measured)}",
        f"CPU µs a message: hub {measured.hub_cpu / count * 1e6:,.0f}, PostgreSQL "
        f"{measured.postgres_cpu / count * 1e6:,.0f}, load {measured.load_cpu / count * 1e6:,.0f}; "
        f"processors busy: {measured.hub_cpu / whole:.2f} + {measured.postgres_cpu / whole:.2f} "
        f"+ {measured.load_cpu / whole:.2f}",
        *([_beside(count / whole, measured.bare)] if measured.bare else []),
    ]


def _beside(processed: float, bare: Sequence[float]) -> str:
    machine = statistics.mean(bare)
    told = " and ".join(f"{each:,.0f}/s" for each in bare)
    return f"only committed and answered: {told}, before and after; the hub {processed / machine:.2f} of it"


def _ms(latencies: Sequence[float], share: float) -> str:
    return f"{latencies[min(int(len(latencies) * share), len(latencies) - 1)] * 1000:.1f}"


def _slow(measured: Measured) -> int:
    return sum(
        1 for second in measured.latencies if second and sorted(second)[int(len(second) * 0.99)] > 0.05
    )


def _lag(measured: Measured) -> str:
    """It grows if the last third of the run has half as much again waiting, and a second's work more, as the
    third before."""
    waiting, third = measured.waiting, len(measured.waiting) // 3
    if not third:
        return "too short to tell"
    before, last = (statistics.mean(each) for each in (waiting[third : 2 * third], waiting[-third:]))
    grows = last > 1.5 * before and last - before > measured.sent / measured.seconds
    return (
        f"{'GROWING' if grows else 'bounded'}; waiting {statistics.median(waiting):.0f} (median), "
        f"{max(waiting)} (most), thirds {statistics.mean(waiting[:third]):.0f}, {before:.0f}, {last:.0f}; "
        f"oldest {max(measured.oldest):.2f} s at most; all processed {measured.drained:.2f} s after the end"
    )


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--warm", type=float, default=3, help="seconds before, that do not count")
    arguments.add_argument("--connections", type=int, default=38)
    arguments.add_argument("--mode", choices=("original", "enhanced"), default="enhanced")
    arguments.add_argument("--rate", type=float, default=0, help="messages a second; 0: as fast as answered")
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--bare", type=float, default=0, help="seconds of a listener without a hub, twice")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="yilian-mllp-") as place:
        folder = Path(place)
        with running(folder / "data", folder / "hub.log", YILIAN_WORKERS=str(given.workers)) as hub:
            measured = asyncio.run(measure(hub, given))
        log = (folder / "hub.log").read_text("utf-8", "replace")
    print("\n".join(told(measured, given)))
    for line in [line for line in log.splitlines() if " WARNING " in line or " ERROR " in line][:9]:
        print(line)
    return 1 if measured.other or set(measured.states) - {"processed"} else 0


if __name__ == "__main__":
    sys.exit(main())
