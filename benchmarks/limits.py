"""python -m benchmarks.limits: the hub over HTTP beside PostgreSQL's own limit, in one interleaved run.

A hub is started as `yilian serve` (one worker, tokens checked, durable commits) on an embedded server of
this run, and loaded by `yilian load`. Then each round measures, for each operation, first what pgbench gets
from the same server over TCP and over its Unix socket (`benchmarks.pgbench`), then what the hub gives to a
load generator in another process (`benchmarks.generator`). The medians of the rounds are printed; the ratio
is to TCP.

With `--against REV` the hub of another revision, on a server of its own, is measured in the same rounds.
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import cpu, pgbench
from benchmarks.generator import Figures, drive
from benchmarks.stand import ADDRESSES, BESIDE, Stand, standing, worktree
from benchmarks.workload import OPERATIONS
from exchange.store import embedded

NAMES: Final = tuple(operation.name for operation in OPERATIONS)


@dataclass(frozen=True, slots=True)
class Measured:
    """One operation in one round: `tcp` and `socket` are pgbench's. CPU in microseconds for each request."""

    tcp: float
    socket: float
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
    arguments.add_argument(
        "--operation", action="append", choices=NAMES, help="only this one; may be repeated"
    )
    arguments.add_argument("--against", metavar="REV", help="another revision's hub, in the same rounds")
    arguments.add_argument("--report", type=Path, help="the medians, as JSON")
    given = arguments.parse_args()
    names = given.operation or NAMES
    with tempfile.TemporaryDirectory(prefix="yilian-bench-") as place, ExitStack() as stack:
        folder = Path(place)
        stands = {"": stack.enter_context(standing(folder / "here", ADDRESSES[0]))}
        if given.against:
            tree = stack.enter_context(worktree(given.against, folder / "tree"))
            there = standing(folder / "there", ADDRESSES[1], tree)
            stands[f" {given.against}"] = stack.enter_context(there)
        bulk = {f"bulk{other}": round(stand.bulk) for other, stand in stands.items()}
        rounds = _rounds(stands, names, given.clients, given.seconds, given.rounds)
    medians = {name: _median(measured) for name, measured in rounds.items()}
    _print(medians, bulk, given)
    if given.report:
        given.report.write_text(json.dumps({**bulk, **medians}, indent=1))


def _rounds(
    stands: dict[str, Stand], names: Sequence[str], clients: int, seconds: int, rounds: int
) -> dict[str, list[Measured]]:
    measured: dict[str, list[Measured]] = {name + other: [] for name in names for other in stands}
    for stand in stands.values():  # everything is compiled and cached before it counts
        for name in names:
            drive(name, stand.hub.http_port, stand.token, clients, 1, 0)
    for number in range(1, rounds + 1):
        for name in names:
            for other, stand in stands.items():
                measured[name + other].append(_measure(stand, name, clients, seconds, number))
    return measured


def _measure(stand: Stand, name: str, clients: int, seconds: int, number: int) -> Measured:
    database = embedded.USER if name in ("read", "search") else BESIDE
    tcp, socket = (
        pgbench.limit(name, stand.server.sockets, database, clients, seconds, address)
        for address in (stand.address, "")
    )
    before = _spent(stand)
    figures = drive(name, stand.hub.http_port, stand.token, clients, seconds, number)
    spent = [(b - a) / len(figures.latencies) * 1e6 for a, b in zip(before, _spent(stand), strict=True)]
    return Measured(tcp, socket, figures, *spent)


def _spent(stand: Stand) -> tuple[float, float]:
    return cpu.of_process(stand.hub.process.pid), cpu.of_family(stand.server.process.pid)


def _median(measured: Sequence[Measured]) -> dict[str, float]:
    def of(values: list[float]) -> float:
        return round(statistics.median(values), 2)

    return {
        "tcp": of([each.tcp for each in measured]),
        "socket": of([each.socket for each in measured]),
        "hub": of([each.figures.rate for each in measured]),
        "ratio": of([each.figures.rate / each.tcp for each in measured]),
        "p50_ms": of([each.figures.percentile(0.5) * 1000 for each in measured]),
        "p99_ms": of([each.figures.percentile(0.99) * 1000 for each in measured]),
        "hub_cpu_us": of([each.hub_cpu for each in measured]),
        "postgresql_cpu_us": of([each.postgres_cpu for each in measured]),
        "generator_cpu_us": of([each.figures.cpu / len(each.figures.latencies) * 1e6 for each in measured]),
        "failures": sum(each.figures.failures for each in measured),
    }


def _print(medians: dict[str, dict[str, float]], bulk: dict[str, int], given: argparse.Namespace) -> None:
    print(
        f"{given.clients} clients, medians of {given.rounds} rounds of {given.seconds} s, {os.cpu_count()} "
        "processors; PostgreSQL by pgbench, prepared, over TCP and over its Unix socket"
    )
    print(
        f"{'':20}{'TCP/s':>9}{'socket/s':>10}{'hub/s':>9}{'ratio':>7}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'CPU µs hub':>12}{'+ PostgreSQL':>13}{'+ load':>8}{'failed':>8}"
    )
    for name, row in medians.items():
        print(
            f"{name:20}{row['tcp']:>9,.0f}{row['socket']:>10,.0f}{row['hub']:>9,.0f}{row['ratio']:>7.2f}"
            f"{row['p50_ms']:>8.1f}{row['p99_ms']:>8.1f}{row['hub_cpu_us']:>12,.0f}"
            f"{row['postgresql_cpu_us']:>13,.0f}{row['generator_cpu_us']:>8,.0f}{row['failures']:>8,.0f}"
        )
    for name, rate in bulk.items():
        print(f"{name:20}{'':19}{rate:>9,.0f} resources/s (yilian load, NDJSON, indexed)")


if __name__ == "__main__":
    main()
