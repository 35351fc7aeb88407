"""The patient index loaded for the first time, and what that gives beside telling it one after another.

Run as `python -m benchmarks.first_load [RECORDS] [COMPARED] [FOLDER]` (default 50,000 and 0): records of
residents as NDJSON of one hospital, loaded into a durable server of its own by a process for each processor:
the seconds of each stage, and of all processors in it. Then the first COMPARED of them are loaded into
another database, and told one after another in a third: how far the pairs agree.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg

from benchmarks.cpu import of_family
from benchmarks.patients import INSTANT, record_of, visits_of, write
from conformance.linkage_figures import figures
from exchange.database import SESSION, migrate
from exchange.first_load.run import Given, Tally, Wanted, first_load
from exchange.first_load.worker import PROGRAM
from exchange.loading.sources import Source
from exchange.loading.workers import processes, processors
from exchange.settings import Settings
from exchange.store import embedded
from exchange.store.tuning import tuning
from mpi.first_load.staging import FORGET
from mpi.store import Record, resolve_all
from terminology.naming import identify

ROUND = 500
LINKS = """
SELECT r.patient_id, l.person FROM mpi_link l JOIN mpi_record r USING (record)
WHERE l.valid_to IS NULL AND l.recorded_to IS NULL
"""


def main() -> None:
    size, compared = (int(sys.argv[at]) if len(sys.argv) > at else 50_000 * (at == 1) for at in (1, 2))
    parent = sys.argv[3] if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory(prefix="yilian-first-load-", dir=parent) as folder:
        asyncio.run(_run(Path(folder), size, compared))


async def _run(folder: Path, size: int, compared: int) -> None:
    server = await embedded.start(folder, tuning())
    try:
        path = folder / "patients.ndjson"
        await asyncio.to_thread(write, path, size)
        await _database(server, "whole")
        await loaded(server, "whole", path)
        if compared:
            await _compared(server, folder, compared)
    finally:
        await embedded.stop(server)


async def _database(server: embedded.Server, name: str) -> None:
    connection = await asyncpg.connect(server.dsn("postgres"))
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    await migrate(server.dsn(name))


async def loaded(server: embedded.Server, name: str, path: Path) -> None:
    stages = Stages(server.process.pid)
    started, cpu = time.perf_counter(), stages.cpu()
    tally = await _loaded(server.dsn(name), path, stages.told)
    stages.ended()
    passed = time.perf_counter() - started
    print(
        f"{tally.staged} patients, {tally.persons} persons, {tally.questions} questions, "
        f"{tally.shown} enterprise Patients, {len(tally.findings)} refused: {passed:.1f} s; "
        f"CPU of all {stages.cpu() - cpu:.1f} s",
        flush=True,
    )


async def index_loaded(server: embedded.Server, name: str, path: Path) -> None:
    """The index alone, without enterprise Patients: a third of the time and of the disk is theirs."""
    stages = Stages(server.process.pid)

    def told(tally: Tally) -> None:
        stages.told(tally)
        if tally.stage.startswith("writing"):
            raise _Indexed

    with suppress(_Indexed):
        await _loaded(server.dsn(name), path, told)
    connection = await asyncpg.connect(server.dsn(name))
    await connection.execute(FORGET)
    await connection.close()


class _Indexed(Exception):
    """The index is there."""


async def _loaded(dsn: str, path: Path, told: Callable[[Tally], None]) -> Tally:
    wanted = Wanted([Given("h", _source(path))])
    number = processors()
    async with processes(number, PROGRAM) as hands:
        return await first_load(Settings(database_url=dsn), dsn, wanted, told, hands, number)


def _source(path: Path) -> Source:
    return Source(path, path.stat().st_size)


class Stages:
    """The seconds that each stage takes, told when the next begins."""

    def __init__(self, postgres: int) -> None:
        self._postgres = postgres
        self._stage = ""
        self._began = self._since = time.perf_counter()
        self._cpu = self.cpu()

    def cpu(self) -> float:
        """Of this process, its workers and PostgreSQL."""
        return of_family(os.getpid()) + of_family(self._postgres)

    def told(self, tally: Tally) -> None:
        stage = tally.stage.partition(" ")[0]
        if stage != self._stage:
            self.ended()
            self._stage, self._since, self._cpu = stage, time.perf_counter(), self.cpu()

    def ended(self) -> None:
        now, cpu = time.perf_counter(), self.cpu() - self._cpu
        if self._stage:
            print(
                f"{now - self._began:7.1f} s  {self._stage}: {now - self._since:.1f} s, CPU {cpu:.1f} s",
                flush=True,
            )


async def _compared(server: embedded.Server, folder: Path, size: int) -> None:
    path = folder / "compared.ndjson"
    await asyncio.to_thread(write, path, size)
    for name in ("bulk", "told"):
        await _database(server, name)
    await loaded(server, "bulk", path)
    records = [record_of(number, visit) for number, visit in enumerate(visits_of(size))]
    await _one_after_another(server.dsn("told"), records)
    bulk, told = await _persons(server.dsn("bulk")), await _persons(server.dsn("told"))
    names = sorted(told)
    alike = figures([bulk[name] for name in names], [told[name] for name in names], [0] * len(names))
    print(f"{size} loaded and told one after another: {alike.f1:.6f} of pairs alike")


async def _one_after_another(dsn: str, records: Sequence[Record]) -> None:
    connection = await asyncpg.connect(dsn, server_settings=SESSION)
    for at in range(0, len(records), ROUND):
        async with connection.transaction():
            await resolve_all(connection, records[at : at + ROUND], INSTANT, identify)
        if at in (ROUND, 10 * ROUND):
            await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _persons(dsn: str) -> dict[str, int]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(LINKS)
    await connection.close()
    return {row["patient_id"]: row["person"] for row in rows}


if __name__ == "__main__":
    main()
