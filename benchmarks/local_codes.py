"""Hospitals' own codes at the size of a region: what each message pays, and how long counting, the queue,
maps and publishing take.

    python -m benchmarks.local_codes [--hospitals 38] [--codes 5000]

Times are CPU of this process and of PostgreSQL where it is asked (wall), in milliseconds.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from exchange.database import migrate
from exchange.hub import Hub, open_hub
from exchange.local_codes import store
from exchange.local_codes.concept_map import Approval, next_version
from exchange.local_codes.keeper import Noted
from exchange.local_codes.maps import LocalMaps
from exchange.local_codes.publishing import publish
from exchange.local_codes.review import Target
from exchange.local_codes.sighting import Key, Sighting
from exchange.local_codes.systems import Systems
from exchange.settings import Settings
from exchange.store import embedded
from terminology.library import Library, entry_of

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
TABLES: Final = 10


def observation(systems: Systems, number: int) -> dict[str, Any]:
    system = f"{systems.prefix}h{number % 38}/t{number % TABLES}"
    return {
        "resourceType": "Observation",
        "id": str(number),
        "status": "final",
        "category": [{"coding": [{"system": "urn:c", "code": "laboratory"}]}],
        "code": {"coding": [{"system": system, "code": f"X{number % 500}", "display": "白细胞"}]},
        "valueQuantity": {"value": 1, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L"},
        "subject": {"reference": f"Patient/{number}"},
        "effectiveDateTime": "2026-01-01",
    }


def maps_of(systems: Systems, hospitals: int, codes: int) -> list[dict[str, Any]]:
    """Two versions for each hospital and table."""
    made = []
    for hospital in range(hospitals):
        for table in range(TABLES):
            system = f"{systems.prefix}h{hospital}/t{table}"
            target = [Target("http://loinc.org", "718-7", "Hb", "equivalent")]
            elements = {f"X{n}": target for n in range(codes // TABLES)}
            made += [
                next_version(systems, system, elements, {}, version, Approval("Li", NOW, NOW))
                for version in (1, 2)
            ]
    return made


def cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


async def wall(work: Awaitable[object]) -> float:
    start = time.perf_counter()
    await work
    return (time.perf_counter() - start) * 1000


async def measured(hub: Hub, hospitals: int, codes: int) -> None:
    local, systems = hub.local_codes, hub.local_codes.systems
    resources = [observation(systems, n) for n in range(5_000)]
    none = [cpu(partial(local.rewritten, r, NOW)) for r in resources]
    print(f"an Observation, nothing mapped: p50 {statistics.median(none) * 1000:.0f} us")
    resources_of_maps = maps_of(systems, hospitals, codes)
    library = Library(map(entry_of, resources_of_maps))
    took = cpu(lambda: LocalMaps(library, systems.prefix))
    print(f"{len(resources_of_maps)} versions of maps seen in {took:.0f} ms")
    hub.terminology.library = library
    for each in resources:
        local.rewritten(each, NOW)
    some = [cpu(partial(local.rewritten, r, NOW)) for r in resources]
    print(f"an Observation, mapped: p50 {statistics.median(some) * 1000:.0f} us")
    met = [
        Sighting(
            Key(f"{systems.prefix}h{h}/t{n % TABLES}", f"X{n}"),
            NOW,
            NOW,
            "白细胞",
            ("Observation.code",),
            "Observation/1",
            alone=1,
        )
        for h in range(hospitals)
        for n in range(codes)
    ]
    local.count(Noted((), met))
    print(f"{len(met)} codes met for the first time, written in {await wall(local.flush()):.0f} ms")
    local.count(Noted((), met))
    print(f"counted again in {await wall(local.flush()):.0f} ms")
    async with hub.pool.acquire() as connection:
        page = await wall(store.queue(connection, ["open"], "", False, 100))
        one = await wall(store.queue(connection, ["open"], systems.of_hospital("h7"), False, 100))
    print(f"the queue's first page {page:.0f} ms, of one hospital {one:.0f} ms")
    systems_before = f"{hospitals * TABLES} CodeSystems of {codes // TABLES} codes"
    print(f"{systems_before} published in {await wall(publish(hub)) / 1000:.0f} s")


async def run(hospitals: int, codes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="yilian-codes-") as place:
        server = await embedded.start(Path(place), {})
        try:
            await migrate(server.dsn("postgres"))
            async with open_hub(Settings(data_dir=Path(place)), server.dsn("postgres")) as hub:
                await measured(hub, hospitals, codes)
        finally:
            await embedded.stop(server)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hospitals", type=int, default=38)
    parser.add_argument("--codes", type=int, default=5_000)
    given = parser.parse_args()
    asyncio.run(run(given.hospitals, given.codes))


if __name__ == "__main__":
    main()
