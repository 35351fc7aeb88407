"""python -m benchmarks.shapes FOLDER: how long PostgreSQL takes for each shape of search.

Each shape is asked many times with arguments drawn from the data (patients, codes, days and values that are
there), as the hub compiles it and asyncpg sends it over the Unix socket, prepared. What is timed is the round
trip. The rows are what the statement gave back: matches and included ones, and one more where a page follows.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg

from benchmarks.searches import SHAPES, Parameters, Resource, Shape
from exchange.database import SESSION, open_database
from exchange.fhirjson import loads
from exchange.search.criteria import Search, search_of
from exchange.search.index.extract import compile_extraction
from exchange.search.page import cursor
from exchange.search.query.parse import parse
from exchange.search.statement import statement
from exchange.search.statement.estimate import guessing
from exchange.settings import Settings
from exchange.store.packing import unpack
from exchange.store.types import type_number
from profiles.definitions import definitions

# A row from the middle of the data, wherever the number falls.
NEAR: Final = """
SELECT r.body FROM resource_index i JOIN resource r ON r.rid = i.rid
WHERE i.type = $1::smallint AND i.rid >= $2::bigint ORDER BY i.rid LIMIT 1"""
RANGE: Final = "SELECT min(rid), max(rid) FROM resource_index WHERE type = $1::smallint"


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("folder", type=Path, help="a data folder, of a running hub or of none")
    arguments.add_argument("--repeats", type=int, default=200)
    arguments.add_argument("--only", help="shapes whose name has this")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--report", type=Path, help="the figures as JSON")
    arguments.add_argument("--explain", action="store_true", help="how PostgreSQL went about the slowest")
    given = arguments.parse_args()
    figures = asyncio.run(_main(given))
    if given.report:
        given.report.write_text(json.dumps(figures, indent=1))


async def _main(given: argparse.Namespace) -> dict[str, Any]:
    search = search_of(compile_extraction(definitions(), Settings().fhir_url))
    async with open_database(Settings(data_dir=given.folder)) as database:
        connection = await asyncpg.connect(database.dsn, server_settings=SESSION, statement_cache_size=200)
        try:
            draw = await _drawing(connection, given.seed)
            number = await connection.fetchval(
                "SELECT count(*) FROM resource_index WHERE type = $1::smallint", type_number("Observation")
            )
            print(f"{number:,} Observations, {given.repeats} of each shape\n")
            print(f"{'':24}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}{'rows p50':>10}{'max':>7}")
            shapes = [shape for shape in SHAPES if not given.only or given.only in shape.name]
            found = {shape.name: await _measured(connection, search, shape, draw, given) for shape in shapes}
        finally:
            await connection.close()
    return {"observations": number, "shapes": found}


Draw = Callable[[Shape], Awaitable[Parameters]]


async def _drawing(connection: asyncpg.Connection, seed: int) -> Draw:
    chance = random.Random(seed)
    ranges: dict[str, Sequence[int]] = {
        name: tuple(await connection.fetchrow(RANGE, type_number(name)) or ())
        for name in ("Observation", "Patient")
    }

    async def resource(name: str) -> Resource:
        first, last = ranges[name]
        body = await connection.fetchval(NEAR, type_number(name), chance.randint(first, last))
        return loads(unpack(body))

    async def draw(shape: Shape) -> Parameters:
        while True:
            try:
                return shape.parameters(await resource("Observation"), await resource("Patient"))
            except (KeyError, IndexError):  # one without a value, an encounter, an identifier
                continue

    return draw


async def _measured(
    connection: asyncpg.Connection, search: Search, shape: Shape, draw: Draw, given: argparse.Namespace
) -> Mapping[str, Any]:
    times: list[float] = []
    rows: list[int] = []
    slowest: tuple[float, str, Sequence[Any]] = (0.0, "", ())
    for n in range(given.repeats + 5):
        sql, arguments = _compiled(search, shape, await draw(shape))
        began = time.perf_counter()
        records = await connection.fetch(sql, *arguments)
        took = (time.perf_counter() - began) * 1000
        if n < 5:  # prepared, and in the caches of the connection
            continue
        times.append(took)
        rows.append(_size(records))
        slowest = max(slowest, (took, sql, arguments), key=lambda each: each[0])
    figures = {
        "p50_ms": _share(times, 0.5),
        "p95_ms": _share(times, 0.95),
        "max_ms": round(max(times), 3),
        "rows_p50": statistics.median(rows),
        "rows_max": max(rows),
        "patient_bound": shape.bound,
        "grows": shape.grows,
    }
    print(
        f"{shape.name:24}{figures['p50_ms']:>9.3f}{figures['p95_ms']:>9.3f}{figures['max_ms']:>9.3f}"
        f"{figures['rows_p50']:>10,.0f}{figures['rows_max']:>7,.0f}"
    )
    if given.explain:
        for (line,) in await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {slowest[1]}", *slowest[2]):
            print("   ", line)
    return figures


def _compiled(search: Search, shape: Shape, parameters: Parameters) -> tuple[str, Sequence[Any]]:
    query = parse(search, shape.resource_type, parameters)
    if query.total == "estimate":
        return guessing(query)
    compiled = statement.compile(query, cursor.read(query))
    return compiled.sql, compiled.arguments


def _size(records: Sequence[Any]) -> int:
    """Resources; a count as one."""
    if records and "kind" in records[0].keys():  # noqa: SIM118 - a Record is no dict
        return sum(record["kind"] != statement.START for record in records)
    return len(records)


def _share(times: Sequence[float], share: float) -> float:
    return round(sorted(times)[min(len(times) - 1, int(share * len(times)))], 3)


if __name__ == "__main__":
    main()
