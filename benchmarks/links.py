"""Links a second, and how long one takes: visits in flight over several processes, and visits at a rate.

Run as `python -m benchmarks.links FOLDER [--records N] [--visits N] [--processes N] [--in-flight N …]
[--rate N …]`: an index of N records in a durable server, made in FOLDER by a first load and kept there; each
figure is of first visits that the index has not had, told by `exchange.visits`. `--in-flight`: so many in
each process wait for their answer at any time. `--rate`: so many come every second in all, at times of
chance, whether the earlier ones are done or not; a visit's time counts from when it was due. The first tenth
warms and is not counted. What a flush of 8 kB to the disk costs in the same minute is told too: no commit is
faster.
"""

import argparse
import asyncio
import gc
import os
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

import asyncpg
import uvloop

from benchmarks.cpu import of_family
from benchmarks.patient_index import fresh_visits, index_in
from exchange.database import create_pool
from exchange.store import embedded
from exchange.visits import LANES, Visits
from mpi.store import Record
from terminology.naming import identify

WARMING = 10
_ready: list[Barrier] = []


class Load(NamedTuple):
    """How visits come: so many in flight in each process, or so many a second in each."""

    in_flight: int = 0
    rate: float = 0.0


class Timed(NamedTuple):
    """What one process did: the seconds of each visit, its CPU seconds, when it began and ended."""

    taken: list[float]
    cpu: float
    began: float
    ended: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.links")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--visits", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--in-flight", type=int, nargs="*", default=[1, 16])
    parser.add_argument("--rate", type=float, nargs="*", default=[])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    loads = [Load(in_flight=each) for each in given.in_flight]
    loads += [Load(rate=each / given.processes) for each in given.rate]
    asyncio.run(_run(given.folder, given.records, given.visits, given.processes, loads))


async def _run(folder: Path, records: int, told: int, processes: int, loads: Sequence[Load]) -> None:
    async with index_in(folder, records) as server:
        for load in loads:
            fresh = await fresh_visits(server, records, told)
            shares = [fresh[at::processes] for at in range(processes)]
            cpu, log = of_family(server.process.pid), await _log(server)
            done = await asyncio.to_thread(_told, server.dsn("postgres"), shares, load)
            cpu, log = of_family(server.process.pid) - cpu, await _log(server) - log
            _print(load, processes, done, cpu / told * 1e6, log / told / 1024)
            _print_flush(folder)


async def _log(server: embedded.Server) -> int:
    """How many bytes PostgreSQL has written to its log."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    found: int = await connection.fetchval("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
    await connection.close()
    return found


def _told(dsn: str, shares: Sequence[Sequence[Record]], load: Load) -> list[Timed]:
    context = get_context("spawn")
    ready = context.Barrier(len(shares))
    with ProcessPoolExecutor(len(shares), context, _together, (ready,)) as pool:
        return list(pool.map(_work, [dsn] * len(shares), shares, [load] * len(shares)))


def _together(ready: Barrier) -> None:
    """In each process: they begin together."""
    _ready.append(ready)


def _work(dsn: str, records: Sequence[Record], load: Load) -> Timed:
    return uvloop.run(_process(dsn, records, load))


async def _process(dsn: str, records: Sequence[Record], load: Load) -> Timed:
    pool = await create_pool(dsn, LANES)
    visits = Visits(pool, lambda: datetime.now(UTC), identify)
    warming = len(records) // WARMING
    await _in_flight(visits, records[:warming], load.in_flight or LANES)
    gc.collect()
    gc.freeze()  # as `serve` does
    _ready[0].wait()
    cpu, began = time.process_time(), time.monotonic()
    if load.rate:
        taken = await _at_rate(visits, records[warming:], load.rate)
    else:
        taken = await _in_flight(visits, records[warming:], load.in_flight)
    timed = Timed(taken, time.process_time() - cpu, began, time.monotonic())
    await pool.close()
    return timed


async def _in_flight(visits: Visits, records: Sequence[Record], number: int) -> list[float]:
    taken: list[float] = []
    coming = iter(records)
    await asyncio.gather(*(_one_after_another(visits, coming, taken) for _ in range(number)))
    return taken


async def _one_after_another(visits: Visits, coming: Iterator[Record], taken: list[float]) -> None:
    for record in coming:
        began = time.monotonic()
        await visits.tell(record)
        taken.append(time.monotonic() - began)


async def _at_rate(visits: Visits, records: Sequence[Record], rate: float) -> list[float]:
    draw = random.Random(os.getpid())
    due = time.monotonic()
    told = []
    for record in records:
        due += draw.expovariate(rate)
        if (early := due - time.monotonic()) > 0:
            await asyncio.sleep(early)
        told.append(asyncio.create_task(_since(due, visits, record)))
    return await asyncio.gather(*told)


async def _since(due: float, visits: Visits, record: Record) -> float:
    await visits.tell(record)
    return time.monotonic() - due


def _print(load: Load, processes: int, done: Sequence[Timed], postgres: float, log: float) -> None:
    taken = [each for timed in done for each in timed.taken]
    passed = max(timed.ended for timed in done) - min(timed.began for timed in done)
    cuts = [1000 * cut for cut in quantiles(taken, n=100)]
    how = f"{load.rate * processes:.0f}/s" if load.rate else f"{load.in_flight} in flight in each"
    print(
        f"{how} of {processes}: {len(taken) / passed:,.0f} links/s; p50 {cuts[49]:.2f}, p95 {cuts[94]:.2f}, "
        f"p99 {cuts[98]:.2f} ms; CPU {sum(timed.cpu for timed in done) / len(taken) * 1e6:.0f} + "
        f"{postgres:.0f} us and {log:.1f} kB of log a link",
        flush=True,
    )


def _print_flush(folder: Path) -> None:
    path = folder / "flush"
    taken = []
    with path.open("wb") as file:
        for _ in range(300):
            file.write(b"\0" * 8192)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    cuts = [1000 * cut for cut in quantiles(taken, n=100)]
    print(f"  a flush of 8 kB: p50 {cuts[49]:.2f}, p99 {cuts[98]:.2f} ms", flush=True)


if __name__ == "__main__":
    main()
