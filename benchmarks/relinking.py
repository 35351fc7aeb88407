"""The model of the index trained anew, and the whole index decided anew by it.

Run as `python -m benchmarks.relinking [RECORDS] [FOLDER]` (default 50,000): residents' records come by a
first load into a durable server of its own; then the seconds that `yilian mpi train`, the model's activation
and `yilian mpi relink` take, by a process for each processor, with the CPU of all processes.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from benchmarks.cpu import of_family
from benchmarks.first_load import loaded
from benchmarks.patients import write
from exchange.database import SESSION, migrate
from exchange.first_load.rescoring import rescored
from exchange.settings import Settings
from exchange.store import embedded
from exchange.store.tuning import tuning
from mpi.models import activate, keep
from mpi.retrain import retrained

POPULATION_SHARE = 4
"""So many records has a resident, about."""


def main() -> None:
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    parent = sys.argv[2] if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory(prefix="yilian-relinking-", dir=parent) as folder:
        asyncio.run(_run(Path(folder), size))


async def _run(folder: Path, size: int) -> None:
    server = await embedded.start(folder, tuning())
    try:
        dsn = server.dsn("postgres")
        await migrate(dsn)
        path = folder / "patients.ndjson"
        await asyncio.to_thread(write, path, size)
        await loaded(server, "postgres", path)
        started = time.perf_counter()
        with _timed("training", server):
            await _trained(dsn, size // POPULATION_SHARE)
        with _timed("deciding anew", server):
            found = await rescored(Settings(database_url=dsn), 0, lambda *_: None)
        print(f"{size} records, {found} differences: {time.perf_counter() - started:.1f} s", flush=True)
    finally:
        await embedded.stop(server)


async def _trained(dsn: str, population: int) -> None:
    connection = await asyncpg.connect(dsn, server_settings=SESSION)
    try:
        async with connection.transaction():
            model = await retrained(connection, population)
            now = datetime.now(UTC)
            digest = await keep(connection, model, "benchmark", now)
            await activate(connection, digest, "benchmark", "", now)
    finally:
        await connection.close()


@contextmanager
def _timed(what: str, server: embedded.Server) -> Iterator[None]:
    def cpu() -> float:
        return of_family(os.getpid()) + of_family(server.process.pid)

    wall, used = time.perf_counter(), cpu()
    yield
    print(f"{what}: {time.perf_counter() - wall:.1f} s, CPU {cpu() - used:.1f} s", flush=True)


if __name__ == "__main__":
    main()
