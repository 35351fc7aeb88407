"""python -m benchmarks.clone FOLDER: a data folder with many Observations, cloned from a loaded one.

    YILIAN_DATA_DIR=/data/base yilian load synthea/
    python -m benchmarks.clone /data/million --source /data/base --observations 1_000_000
    python -m benchmarks.shapes /data/million

Whole patients are cloned with new ids, other names and shifted dates (`benchmarks.cloning`), go through the
hub's own extraction, and are copied with all their index rows, as a bulk load does. Started again, it goes on
to the number asked for. Claims, documents, images and provenances are left out: 10 M Observations take some
20 GB.
"""

import argparse
import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import asyncpg
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks.cloning import Group, clone, groups_of, id_of
from exchange.database import migrate, open_database
from exchange.fhirjson import loads, split
from exchange.loading.indexing import indexes_aside
from exchange.search.index.extract import Extraction, compile_extraction
from exchange.settings import Settings
from exchange.store import load_write
from exchange.store.batch import Write
from exchange.store.load_rows import INDEX_TABLES
from exchange.store.packing import unpack
from exchange.store.types import type_number
from profiles.definitions import definitions

CLONED: Final = (
    "Patient",
    "Encounter",
    "Observation",
    "Condition",
    "Procedure",
    "MedicationRequest",
    "Immunization",
)
SHARED: Final = ("Organization", "Practitioner", "PractitionerRole", "Location")
TRANSACTION: Final = 4_000

# What is cloned: the stored bodies with the key of their patient.
BODIES: Final = """
SELECT r.body, i.patient
FROM resource r JOIN resource_index i ON i.rid = r.rid
WHERE r.type = ANY($1::smallint[]) AND r.body IS NOT NULL
ORDER BY r.rid"""

COUNT: Final = "SELECT count(*) FROM resource WHERE type = $1::smallint"
# How often each patient stands here already: clones have numbers, and the next one is the next round.
NOTED: Final = "SELECT coalesce(obj_description('resource'::regclass), '0')"
NOTE: Final = "COMMENT ON TABLE resource IS '{rounds}'"


@dataclass(frozen=True, slots=True)
class Task:
    """Clone these groups as round `number` of that source."""

    dsn: str
    source: str
    number: int
    first: int
    step: int


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path, help="the data folder to fill")
    arguments.add_argument(
        "--source", type=Path, required=True, help="a data folder that `yilian load` filled"
    )
    arguments.add_argument("--observations", type=int, default=1_000_000)
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = arguments.parse_args()
    asyncio.run(_main(given.folder, given.source, given.observations, given.workers))


async def _main(folder: Path, source: Path, observations: int, workers: int) -> None:
    async with open_database(_settings(source)) as base, open_database(_settings(folder)) as database:
        await migrate(database.dsn)
        connection = await asyncpg.connect(database.dsn)
        done = int(await connection.fetchval(NOTED))
        there: int = await connection.fetchval(COUNT, type_number("Observation"))
        groups = await read(base.dsn)
        a_round = sum(body.startswith(b'{"resourceType":"Observation"') for g in groups for body in g.bodies)
        rounds = range(done + 1, done + 1 + max(0, -(-(observations - there) // a_round)))
        if not done:
            await _shared(base.dsn, connection)
        if rounds:
            async with indexes_aside(database.dsn, connection, "rebuild" if not done else "auto", 1 << 40):
                await _rounds(database.dsn, base.dsn, connection, rounds, len(groups), workers)
        for table in ("resource", *INDEX_TABLES, "text_index"):
            await connection.execute(f"VACUUM (ANALYZE) {table}")
        await connection.execute("CHECKPOINT")
        total = await connection.fetchval(COUNT, type_number("Observation"))
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
        print(f"{total:,} Observations, {size / 2**30:.1f} GiB")
        await connection.close()


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder)


async def read(dsn: str) -> list[Group]:
    """The records that are cloned."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(BODIES, [type_number(name) for name in CLONED])
    await connection.close()
    bodies = [unpack(row["body"]) for row in rows]
    return groups_of(bodies, [row["patient"].bytes if row["patient"] else None for row in rows])


async def _shared(source: str, connection: asyncpg.Connection) -> None:
    """What all patients share stands once."""
    base = await asyncpg.connect(source)
    rows = await base.fetch(BODIES, [type_number(name) for name in SHARED])
    await base.close()
    await _store(connection, [unpack(row["body"]) for row in rows])


async def _rounds(
    dsn: str, source: str, connection: asyncpg.Connection, rounds: range, groups: int, workers: int
) -> None:
    columns = (TextColumn("cloning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    spawn = multiprocessing.get_context("spawn")
    with Progress(*columns) as progress, ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        bar = progress.add_task("patients", total=len(rounds) * groups)
        for number in rounds:
            tasks = [pool.submit(work, Task(dsn, source, number, n, workers)) for n in range(workers)]
            for future in map(asyncio.wrap_future, tasks):
                progress.advance(bar, await future)
            await connection.execute(NOTE.format(rounds=number))


def work(task: Task) -> int:
    """In a process of its own; how many patients were cloned."""
    return asyncio.run(_work(task))


async def _work(task: Task) -> int:
    groups = await _groups(task.source)
    connection = await asyncpg.connect(task.dsn)
    mine = groups[task.first :: task.step]
    waiting: list[bytes] = []
    for group in mine:
        waiting += clone(group, task.number)
        if len(waiting) >= TRANSACTION:
            await _store(connection, waiting)
            waiting = []
    await _store(connection, waiting)
    await connection.close()
    return len(mine)


_READ: dict[str, list[Group]] = {}


async def _groups(source: str) -> list[Group]:
    """Read once in each process."""
    if source not in _READ:
        _READ[source] = await read(source)
    return _READ[source]


@cache
def _extraction() -> Extraction:
    return compile_extraction(definitions(), Settings().fhir_url)


async def _store(connection: asyncpg.Connection, bodies: Sequence[bytes]) -> None:
    writes = [_write(body) for body in bodies]
    now = datetime.now(UTC)
    instant = now.replace(microsecond=now.microsecond // 1000 * 1000)
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        await load_write.place(connection, writes, [], instant)


def _write(body: bytes) -> Write:
    resource = loads(body)
    row = _extraction().row(resource)
    return Write("create", resource["resourceType"], id_of(body).decode(), *split(resource), row)


if __name__ == "__main__":
    main()
