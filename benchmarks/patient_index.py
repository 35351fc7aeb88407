"""A patient index of so many records in a durable server, and further visits of its residents."""

import asyncio
import gc
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import asyncpg

from benchmarks.first_load import index_loaded
from benchmarks.patients import BLOCK, record_of, write
from benchmarks.residents import Resident, residents, visits
from exchange.database import migrate
from exchange.store import embedded
from exchange.store.tuning import tuning
from mpi.store import Record


@asynccontextmanager
async def index_in(folder: Path, records: int) -> AsyncIterator[embedded.Server]:
    """A durable server with an index of so many records, without enterprise Patients: made by a first load,
    unless the folder has one."""
    server = await embedded.start(folder, tuning())
    try:
        await migrate(server.dsn("postgres"))
        if not await _there(server.dsn("postgres")):
            path = folder / "patients.ndjson"
            await asyncio.to_thread(write, path, records)
            await index_loaded(server, "postgres", path)
            path.unlink()
        await _vacuum(server.dsn("postgres"))
        yield server
    finally:
        await embedded.stop(server)


async def fresh_visits(server: embedded.Server, records: int, wanted: int) -> list[Record]:
    """Further visits of residents of all blocks: others each time that more are there."""
    there = await _there(server.dsn("postgres"))
    somebody = random.Random(there).choices(_of_all_blocks(records), k=wanted)
    told = visits(somebody, 1.0, there)
    return [record_of(there + number, one) for number, one in enumerate(told[:wanted])]


@cache
def _of_all_blocks(records: int) -> list[Resident]:
    """As many as one block has, of each block alike."""
    blocks = -(-records // BLOCK)
    size = min(records, BLOCK) // 4 + 1
    return [one for block in range(blocks) for one in residents(size, 1 + block)[block::blocks]]


async def _there(dsn: str) -> int:
    """How many records the index has had."""
    connection = await asyncpg.connect(dsn)
    found: int = await connection.fetchval("SELECT coalesce(max(record), 0) FROM mpi_record")
    await connection.close()
    return found


async def _vacuum(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    # As `serve` does: what is there to stay is no garbage.
    gc.collect()
    gc.freeze()
