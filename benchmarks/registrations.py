"""First visits a second against PostgreSQL: durable, in process, some clients at a time.

Run as `python -m benchmarks.registrations [RECORDS] [VISITS] [CLIENTS] [TOGETHER] [FOLDER]`: an index of
RECORDS in a server of its own with fsync on (told 500 at a time; many come by a first load, and VISITS are
made once to warm), then VISITS first visits by CLIENTS, TOGETHER patients in a transaction (default 1: each
told alone, as `mpi.visit` does). Prints both rates, the latency of a transaction and the CPU a record of this
process and of PostgreSQL. In FOLDER the index is kept, made by a first load, and used again.
"""

import asyncio
import gc
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg

from benchmarks.cpu import of_family
from benchmarks.residents import Resident, Visit, residents, visits
from exchange.database import SESSION, migrate
from exchange.store import embedded
from exchange.store.tuning import tuning
from mpi.normalisation.demographics import Demographics
from mpi.store import Record, resolve_all
from mpi.visit import visit
from terminology.naming import CITIZEN_ID, HEALTH_CARD, identify

INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
ROUND = 500
LOADERS = 2
LARGE = 20_000
"""More than so many records come by a first load."""
BLOCK = 1_000_000
"""So many records are of one block of residents."""


def main() -> None:
    given = [int(argument) for argument in sys.argv[1:5]]
    records, told, clients, together = (given + [50_000, 4000, 2, 1][len(given) :])[:4]
    if len(sys.argv) > 5:
        folder = Path(sys.argv[5])
        folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(_run_large(folder, records, told, clients, together))
        return
    with tempfile.TemporaryDirectory(prefix="yilian-registrations-") as name:
        asyncio.run(_run(Path(name), records, told, clients, together))


async def _run(folder: Path, records: int, told: int, clients: int, together: int) -> None:
    if records > LARGE:
        return await _run_large(folder, records, told, clients, together)
    everybody = [record_of(number, one) for number, one in enumerate(visits_of(records + told))]
    server = await embedded.start(folder, tuning())
    try:
        await migrate(server.dsn("postgres"))
        postgres = server.process.pid
        # Plans that were made while the tables were empty are made anew.
        await _timed("begun", server.dsn("postgres"), everybody[:ROUND], 1, ROUND, postgres)
        await _vacuum(server.dsn("postgres"))
        await _timed("loaded", server.dsn("postgres"), everybody[ROUND:records], LOADERS, ROUND, postgres)
        await _vacuum(server.dsn("postgres"))
        await _timed(
            "first visits",
            server.dsn("postgres"),
            everybody[records : records + told],
            clients,
            together,
            postgres,
        )
    finally:
        await embedded.stop(server)


def visits_of(size: int, seed: int = 1) -> list[Visit]:
    return visits(residents(size // 4 + 1, seed), 4.2, seed + 1)[:size]


async def _run_large(folder: Path, records: int, told: int, clients: int, together: int) -> None:
    """The index comes by a first load."""
    async with index_in(folder, records) as server:
        for what in ("warming", "first visits"):
            fresh = await fresh_visits(server, records, told)
            await _timed(what, server.dsn("postgres"), fresh, clients, together, server.process.pid)


@asynccontextmanager
async def index_in(folder: Path, records: int) -> AsyncIterator[embedded.Server]:
    """A durable server with an index of so many records, without enterprise Patients: made by a first load,
    unless the folder has one."""
    from benchmarks.first_load import index_loaded, write

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


async def _timed(
    what: str, dsn: str, records: Sequence[Record], clients: int, together: int, postgres: int
) -> None:
    rounds = iter([records[at : at + together] for at in range(0, len(records), together)])
    taken: list[float] = []
    cpu, clock, server = time.process_time(), time.perf_counter(), of_family(postgres)
    await asyncio.gather(*(_client(dsn, rounds, taken) for _ in range(clients)))
    passed = time.perf_counter() - clock
    own, theirs = time.process_time() - cpu, of_family(postgres) - server
    cuts = [1000 * cut for cut in quantiles(taken, n=100)] if len(taken) > 1 else [0.0] * 99
    size = len(records)
    print(
        f"{what}: {size} in {passed:.1f} s, {size / passed:,.0f}/s by {clients}, {together} at a time; "
        f"p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms; "
        f"CPU {own / size * 1e6:.0f} + {theirs / size * 1e6:.0f} us a record",
        flush=True,
    )


async def _client(dsn: str, rounds: Iterator[Sequence[Record]], taken: list[float]) -> None:
    connection = await asyncpg.connect(dsn, server_settings=SESSION)
    try:
        for round_ in rounds:
            start = time.perf_counter()
            alone = len(round_) == 1 and await visit(connection, round_[0], INSTANT, identify)
            if not alone:
                async with connection.transaction():
                    await resolve_all(connection, round_, INSTANT, identify)
            taken.append(time.perf_counter() - start)
    finally:
        await connection.close()


def record_of(number: int, visit: Visit) -> Record:
    patient = _patient(number, visit.demographics)
    return Record(f"h{number % 38}", str(number), patient["id"], patient)


def _patient(number: int, known: Demographics) -> dict[str, Any]:
    identifiers = [{"system": "https://h.example/mrn", "value": str(number)}]
    identifiers += [{"system": CITIZEN_ID, "value": value} for value in known.citizen_ids]
    identifiers += [{"system": HEALTH_CARD, "value": card.number} for card in known.cards]
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": identifiers,
        "name": [{"text": name} for name in known.names],
        "gender": known.gender,
        "birthDate": known.birth_date,
        "telecom": [{"system": "phone", "value": phone} for phone in known.phones],
        "address": [{"text": f"辽宁省沈阳市{address}"} for address in known.addresses],
    }


if __name__ == "__main__":
    main()
