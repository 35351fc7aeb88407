"""python -m benchmarks.bulk: `yilian load` beside binary COPY of the same rows, in one interleaved run.

Each round loads the same NDJSON into a new database of one embedded server (durable commits, the product's
settings) in four ways, each by as many processes:

bare      COPY of the rows, encoded beforehand, into tables that have no index at all: no loader's figure
indexed   COPY of the same rows into the hub's tables with all their indexes: the limit that is compared with
rebuilt   the same into tables with their primary keys only, and then their indexes: what a loader can reach
load      `yilian load`: parsing, checking, extraction, compression, marks, indexes and VACUUM ANALYZE, and
          the start of its processes

The medians of the rounds are printed with the ratio of `load` to each of the others. `--files PATH…` loads
files of yours (Synthea's) by `yilian load` too.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg

from benchmarks import cpu
from benchmarks.running_hub import YILIAN
from benchmarks.workload import PATIENTS, observation
from exchange.database import migrate
from exchange.fhirjson import read, rest_of, split
from exchange.hub import prepare
from exchange.search.index.extract import compile_extraction
from exchange.store import embedded, load_indexes, load_rows
from exchange.store.batch import Write, rendered
from exchange.store.load_encode import HEADER, TRAILER
from exchange.store.load_rows import TABLES, Layout
from exchange.store.packing import pack
from exchange.store.tuning import tuning
from profiles.definitions import definitions
from profiles.structure import compile_structure

Item = TypeVar("Item")
Made = TypeVar("Made")

BASE: Final = "http://127.0.0.1:8080/fhir"
BLOCK: Final = 4_000
PIECE: Final = 1 << 18
LAYOUTS: Final[Sequence[Layout]] = (
    load_rows.RESOURCE,
    load_rows.INDEX,
    *(side.layout for side in load_rows.SIDES),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One way in one round; `postgres_cpu` and `load_cpu` in microseconds for each resource."""

    rate: float
    postgres_cpu: float
    load_cpu: float = 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--resources", type=int, default=200_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--files", type=Path, nargs="*", default=[], help="files or folders to load, too")
    arguments.add_argument("--report", type=Path, help="the medians, as JSON")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="yilian-bulk-") as place:
        folder = Path(place)
        lines = folder / "observations.ndjson"
        lines.write_bytes(b"".join(_lines(given.resources)))
        stages = _stages(lines, folder, given.processes)
        rounds = asyncio.run(_rounds(folder, lines, given))
    report = _report(rounds, stages, given)
    _print(report)
    if given.report:
        given.report.write_text(json.dumps(report, indent=1, ensure_ascii=False))


def _lines(number: int) -> Iterator[bytes]:
    chance = random.Random(2026)
    for n in range(number):
        named = {"resourceType": "Observation", "id": f"{chance.getrandbits(96):024x}"}
        rest = observation(chance, n % PATIENTS)
        yield json.dumps(named | rest, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _mapped(make: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    return [make(item) for item in items]


def _halves(read_: tuple[dict[str, Any], bytes]) -> tuple[bytes, bytes]:
    value, text = read_
    return split(value, rest_of(value, text))


def _stages(lines: Path, folder: Path, processes: int) -> dict[str, float]:
    """CPU microseconds that each stage of a worker takes for a resource; writes the encoded rows to files."""
    check, extraction = compile_structure(definitions()), compile_extraction(definitions(), BASE)
    spent: dict[str, float] = {}
    instant = datetime.now(UTC).replace(microsecond=0)
    files = [_files(folder / f"rows-{n}") for n in range(processes)]
    resources = rows = 0
    gc.disable()
    with lines.open("rb") as source:
        while texts := source.readlines(BLOCK << 10):
            read_ = _timed(spent, "parse", partial(_mapped, read, texts))
            values = [value for value, _ in read_]
            _timed(spent, "check", partial(_mapped, check, values))
            index = _timed(spent, "extract", partial(_mapped, extraction.row, values))
            halves = _timed(spent, "render", partial(_mapped, _halves, read_))
            writes = [
                Write("update", value["resourceType"], value["id"], head, tail, row)
                for (value, _), (head, tail), row in zip(read_, halves, index, strict=True)
            ]
            bodies = [rendered(write, 1, instant) for write in writes]
            _timed(spent, "pack", partial(_mapped, pack, bodies))
            rids = range(resources + 1, resources + len(writes) + 1)
            encoded = _timed(spent, "encode", partial(_encoded, rids, writes, instant))
            for file, pieces in zip(files[resources // BLOCK % processes], encoded, strict=True):
                with file.open("ab") as target:
                    target.write(b"".join(pieces))
            gc.collect()
            resources += len(writes)
            rows += 2 * len(writes) + sum(_side_rows(write) for write in writes)
    gc.enable()
    stages = {name: seconds / resources * 1e6 for name, seconds in spent.items()}
    stages["encode"] -= stages["pack"]
    return stages | {"rows": rows / resources}


def _timed(spent: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    began = time.process_time()
    made = work()
    spent[name] = spent.get(name, 0) + time.process_time() - began
    return made


def _files(stem: Path) -> list[Path]:
    return [stem.with_suffix(f".{layout.table}") for layout in LAYOUTS]


def _side_rows(write: Write) -> int:
    return sum(len(list(side.rows(0, write.row))) for side in load_rows.SIDES)


def _encoded(rids: Sequence[int], writes: Sequence[Write], instant: datetime) -> list[list[bytes]]:
    return [
        load_rows.resources(rids, writes, instant),
        load_rows.index(rids, writes, instant),
        *(load_rows.side(side, rids, writes) for side in load_rows.SIDES),
    ]


async def _rounds(folder: Path, lines: Path, given: argparse.Namespace) -> dict[str, list[Measured]]:
    data = folder / "data"
    data.mkdir(mode=0o700)
    server = await embedded.start(data, tuning())
    measured: dict[str, list[Measured]] = {
        name: [] for name in ("bare", "indexed", "rebuilt", "load", "files")
    }
    try:
        for number in range(given.rounds):
            for way in ("bare", "indexed", "rebuilt", "load"):
                measured[way].append(await _round(server, way, number, folder, lines, given))
            if given.files:
                measured["files"].append(await _loaded(server, f"files_{number}", given.files, given))
    finally:
        await embedded.stop(server)
    return {name: each for name, each in measured.items() if each}


async def _round(
    server: embedded.Server, way: str, number: int, folder: Path, lines: Path, given: argparse.Namespace
) -> Measured:
    name = f"{way}_{number}"
    if way == "load":
        return await _loaded(server, name, [lines], given)
    dsn = await _database(server, name)
    connection = await asyncpg.connect(dsn)
    if way != "indexed":
        await load_indexes.put_aside(connection, TABLES)
    if way == "bare":
        for statement in await connection.fetch(CONSTRAINTS, TABLES):
            await connection.execute(statement["drop"])
    before, began = cpu.of_family(server.process.pid), time.perf_counter()
    files = [_files(folder / f"rows-{n}") for n in range(given.processes)]
    with ProcessPoolExecutor(given.processes, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_ready, files))  # that they start does not count
        before, began = cpu.of_family(server.process.pid), time.perf_counter()
        list(pool.map(_copy, [dsn] * len(files), files))
    if way == "rebuilt":
        await _rebuild(dsn, await load_indexes.missing(connection), given.processes)
    seconds = time.perf_counter() - began
    spent = cpu.of_family(server.process.pid) - before
    await connection.close()
    await _drop(server, name)
    return Measured(given.resources / seconds, spent / given.resources * 1e6)


# The primary keys and unique constraints of tables.
CONSTRAINTS: Final = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop
FROM pg_constraint WHERE conrelid::regclass::text = ANY($1::text[]) AND contype IN ('p', 'u')"""


def _ready(files: Sequence[Path]) -> int:
    return len(files)


def _copy(dsn: str, files: Sequence[Path]) -> None:
    async def copy() -> None:
        connection = await asyncpg.connect(dsn)
        for layout, file in zip(LAYOUTS, files, strict=True):
            if file.stat().st_size:
                await connection.copy_to_table(
                    layout.table, source=_stream(file), columns=layout.columns, format="binary"
                )
        await connection.close()

    asyncio.run(copy())


async def _stream(file: Path) -> AsyncIterator[bytes]:
    yield HEADER
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece
    yield TRAILER


async def _rebuild(dsn: str, missing: Sequence[tuple[str, str]], lanes: int) -> None:
    todo = iter(missing)

    async def work() -> None:
        own = await asyncpg.connect(dsn)
        for name, definition in todo:
            await load_indexes.make(own, name, definition, 1024)
        await own.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(lanes):
            group.create_task(work())


async def _loaded(
    server: embedded.Server, name: str, paths: Sequence[Path], given: argparse.Namespace
) -> Measured:
    dsn = await _database(server, name)
    before, began = cpu.of_family(server.process.pid), time.perf_counter()
    own = os.times()
    command = [*YILIAN, "load", "--json", "--workers", str(given.processes), *map(str, paths)]
    environment = {**os.environ, "YILIAN_DATABASE_URL": dsn}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    seconds = time.perf_counter() - began
    resources = json.loads(done.stdout)["resources"]
    used = os.times()
    ours = used.children_user + used.children_system - own.children_user - own.children_system
    spent = cpu.of_family(server.process.pid) - before
    await _drop(server, name)
    return Measured(resources / seconds, spent / resources * 1e6, ours / resources * 1e6)


async def _database(server: embedded.Server, name: str) -> str:
    await _administer(server, f"CREATE DATABASE {name}")
    dsn = server.dsn(name)
    await migrate(dsn)
    await _administer(server, "CHECKPOINT")
    return dsn


async def _drop(server: embedded.Server, name: str) -> None:
    await _administer(server, f"DROP DATABASE {name}")


async def _administer(server: embedded.Server, statement: str) -> None:
    connection = await asyncpg.connect(server.dsn("postgres"))
    await connection.execute(statement)
    await connection.close()


def _report(
    rounds: dict[str, list[Measured]], stages: dict[str, float], given: argparse.Namespace
) -> dict[str, Any]:
    def median(way: str, figure: str) -> float:
        return float(round(statistics.median(getattr(each, figure) for each in rounds[way]), 2))

    rates = {way: median(way, "rate") for way in rounds}
    return {
        "resources": given.resources,
        "rounds": given.rounds,
        "processes": given.processes,
        "processors": os.cpu_count(),
        "rows_per_resource": round(stages["rows"], 2),
        "resources_per_second": rates,
        "ratio": {way: round(rates["load"] / rates[way], 2) for way in ("bare", "indexed", "rebuilt")},
        "postgresql_cpu_us": {way: median(way, "postgres_cpu") for way in rounds},
        "load_cpu_us": {way: median(way, "load_cpu") for way in rounds if way in ("load", "files")},
        "worker_stages_cpu_us": {name: round(each, 2) for name, each in stages.items() if name != "rows"},
    }


def _print(report: dict[str, Any]) -> None:
    print(
        f"{report['resources']:,} Observations of {report['rows_per_resource']} rows, medians of "
        f"{report['rounds']} rounds, {report['processes']} processes on {report['processors']} processors"
    )
    print(f"{'':10}{'resources/s':>12}{'rows/s':>10}{'load is':>9}{'CPU µs PostgreSQL':>19}{'+ load':>8}")
    for way, rate in report["resources_per_second"].items():
        ratio = report["ratio"].get(way)
        rows = f"{rate * report['rows_per_resource']:,.0f}" if way != "files" else ""
        print(
            f"{way:10}{rate:>12,.0f}{rows:>10}{'' if ratio is None else format(ratio, '.2f'):>9}"
            f"{report['postgresql_cpu_us'][way]:>19,.1f}{report['load_cpu_us'].get(way, 0):>8,.1f}"
        )
    stages = ", ".join(f"{name} {each}" for name, each in report["worker_stages_cpu_us"].items())
    print(f"a worker's CPU µs a resource: {stages}")


if __name__ == "__main__":
    prepare(BASE)
    main()
