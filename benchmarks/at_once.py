"""Sixteen hospitals tell of the same resident at once, time and again: always one person.

Run as `python -m benchmarks.at_once [TURNS]` (default 1000), against a durable server of its own. Ends with 1
if a turn made two persons.
"""

import asyncio
import random
import sys
import tempfile
from pathlib import Path

import asyncpg

from benchmarks.patients import INSTANT, record_of, visits_of
from exchange.database import SESSION, migrate
from exchange.store import embedded
from exchange.store.tuning import tuning
from mpi.store import Record, resolve_all
from terminology.naming import identify

AT_ONCE = 16


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="yilian-at-once-") as folder:
        several = asyncio.run(_run(Path(folder), turns))
    print(f"{turns} residents told of by {AT_ONCE} at once: {several} with more than one person")
    sys.exit(several > 0)


async def _run(folder: Path, turns: int) -> int:
    draw = random.Random(1)
    told = [visit for visit in visits_of(4 * turns + 1000) if visit.demographics.citizen_ids]
    server = await embedded.start(folder, tuning())
    try:
        await migrate(server.dsn("postgres"))
        opened = [
            await asyncpg.connect(server.dsn("postgres"), server_settings=SESSION) for _ in range(AT_ONCE)
        ]
        several = 0
        for turn, visit in enumerate(draw.sample(told, turns)):
            records = [record_of(AT_ONCE * turn + number, visit) for number in range(AT_ONCE)]
            found = await asyncio.gather(*map(_tell, opened, records))
            several += len(set(found)) > 1
        await asyncio.gather(*(connection.close() for connection in opened))
        return several
    finally:
        await embedded.stop(server)


async def _tell(connection: asyncpg.Connection, record: Record) -> str:
    async with connection.transaction():
        (resolution,) = await resolve_all(connection, (record,), INSTANT, identify)
    return resolution.enterprise_id


if __name__ == "__main__":
    main()
