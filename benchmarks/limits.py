"""python -m benchmarks.limits: the hub over HTTP beside PostgreSQL's own limit, in one interleaved run.

A hub is started as `yilian serve` on a data folder of its own (embedded server, durable commits, one worker,
tokens checked) and loaded by `yilian load`. Then each round measures, for each operation, first what pgbench
gets from the same server (`benchmarks.pgbench`), then what the hub gives to a load generator in another
process. The medians of the rounds are printed with their ratio.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks import cpu, pgbench
from benchmarks.generator import Figures, drive
from benchmarks.running_hub import YILIAN, RunningHub, running
from benchmarks.workload import OBSERVATIONS, OPERATIONS, PATIENTS, resources
from exchange.database import migrate
from exchange.store import embedded

BESIDE: Final = "limits"


@dataclass(frozen=True, slots=True)
class Measured:
    """One operation in one round. CPU in microseconds for each request."""

    limit: float
    figures: Figures
    hub_cpu: float
    postgres_cpu: float


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--seconds", type=int, default=4, help="of each measurement")
    arguments.add_argument("--clients", type=int, default=16, help="connections")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--report", type=Path, help="the medians, as JSON")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="yilian-bench-") as place:
        folder = Path(place)
        with running(folder / "data", folder / "hub.log") as hub:
            bulk = _load(hub, folder / "resources.ndjson")
            sockets = _prepare(folder / "data")
            rounds = _rounds(hub, sockets, given.clients, given.seconds, given.rounds)
    medians = {name: _median(measured) for name, measured in rounds.items()}
    _print(medians, bulk, given)
    if given.report:
        given.report.write_text(json.dumps({"bulk": bulk, **medians}, indent=1))


def _load(hub: RunningHub, file: Path) -> float:
    """Resources per second of `yilian load`."""
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in resources()))
    began = time.perf_counter()
    subprocess.run([*YILIAN, "load", str(file)], env=hub.environment, check=True, stdout=subprocess.DEVNULL)
    return (PATIENTS + OBSERVATIONS) / (time.perf_counter() - began)


def _prepare(data: Path) -> Path:
    """The database that pgbench writes to, and statistics for both; gives back the folder of the socket."""
    found = embedded.find_postmaster(data / "postgres")
    assert found is not None
    dsn = embedded.socket_dsn(found.sockets, embedded.USER)

    async def prepare() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"CREATE DATABASE {BESIDE}")
        await migrate(embedded.socket_dsn(found.sockets, BESIDE))
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
        await connection.close()

    asyncio.run(prepare())
    return found.sockets


def _rounds(
    hub: RunningHub, sockets: Path, clients: int, seconds: int, rounds: int
) -> dict[str, list[Measured]]:
    token = hub.token("bench", "system/*.cruds")
    postmaster = embedded.find_postmaster(Path(hub.environment["YILIAN_DATA_DIR"]) / "postgres")
    assert postmaster is not None
    measured: dict[str, list[Measured]] = {operation.name: [] for operation in OPERATIONS}
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for operation in OPERATIONS:  # everything is compiled and cached before it counts
            pool.submit(drive, operation.name, hub.http_port, token, clients, 1, 0).result()
        for number in range(1, rounds + 1):
            for operation in OPERATIONS:
                database = embedded.USER if operation.name in ("read", "search") else BESIDE
                limit = pgbench.limit(operation.name, sockets, database, clients, seconds)
                before = cpu.of_process(hub.process.pid), cpu.of_family(postmaster.pid)
                figures = pool.submit(
                    drive, operation.name, hub.http_port, token, clients, seconds, number
                ).result()
                after = cpu.of_process(hub.process.pid), cpu.of_family(postmaster.pid)
                spent = [(b - a) / len(figures.latencies) * 1e6 for a, b in zip(before, after, strict=True)]
                measured[operation.name].append(Measured(limit, figures, spent[0], spent[1]))
    return measured


def _median(measured: Sequence[Measured]) -> dict[str, float]:
    def of(values: list[float]) -> float:
        return round(statistics.median(values), 2)

    return {
        "postgresql": of([each.limit for each in measured]),
        "hub": of([each.figures.rate for each in measured]),
        "ratio": of([each.figures.rate / each.limit for each in measured]),
        "p50_ms": of([each.figures.percentile(0.5) * 1000 for each in measured]),
        "p99_ms": of([each.figures.percentile(0.99) * 1000 for each in measured]),
        "hub_cpu_us": of([each.hub_cpu for each in measured]),
        "postgresql_cpu_us": of([each.postgres_cpu for each in measured]),
        "failures": sum(each.figures.failures for each in measured),
    }


def _print(medians: dict[str, dict[str, float]], bulk: float, given: argparse.Namespace) -> None:
    print(
        f"{given.clients} clients, medians of {given.rounds} rounds of {given.seconds} s, "
        f"{os.cpu_count()} processors; PostgreSQL by pgbench, prepared, over its Unix socket"
    )
    print(
        f"{'':12}{'PostgreSQL/s':>13}{'hub/s':>9}{'ratio':>7}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'CPU µs hub':>12}{'+ PostgreSQL':>13}{'failed':>8}"
    )
    for name, row in medians.items():
        print(
            f"{name:12}{row['postgresql']:>13,.0f}{row['hub']:>9,.0f}{row['ratio']:>7.2f}"
            f"{row['p50_ms']:>8.1f}{row['p99_ms']:>8.1f}{row['hub_cpu_us']:>12,.0f}"
            f"{row['postgresql_cpu_us']:>13,.0f}{row['failures']:>8,.0f}"
        )
    print(f"{'bulk load':12}{'':13}{bulk:>9,.0f} resources/s (yilian load, NDJSON, indexed)")


if __name__ == "__main__":
    main()
