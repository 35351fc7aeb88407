"""The online model trained anew on the records of the index, or given its frequencies of names anew."""

import asyncio
from typing import Final

import msgspec

from mpi.linkage.namesakes import namesakes_among
from mpi.linkage.online import Judged, estimated, names_of_counts, trained_on
from mpi.models import active
from mpi.normalisation.demographics import Demographics, demographics_from_json
from mpi.online_model import Names, OnlineModel
from mpi.rows import Connection

# So many tell as much of levels as all of them would: tens of thousands of their pairs are of one person.
SAMPLE: Final = 200_000
_TOGETHER: Final = 5000

COUNT = "SELECT count(*) FROM mpi_record"

# So many of a hundred records that speak for themselves; what was merged is said again by the survivor.
SAMPLED = """
SELECT record, demographics::text AS demographics
FROM mpi_record TABLESAMPLE BERNOULLI ($1) REPEATABLE (1) WHERE merged_into IS NULL
"""

# All records of some names and birth dates: who has a stranger of his name there has him among them, too.
ALIKE = """
SELECT demographics::text AS demographics FROM mpi_record
WHERE merged_into IS NULL
  AND (hashtext((demographics->'names'->>0) || (demographics->>'birth_date')) & 2147483647) % 1000 < $1
"""

# What humans said last of each pair, with both records.
JUDGED = """
SELECT l.low, l.high, l.is_match, a.demographics::text AS one, b.demographics::text AS other
FROM mpi_label l JOIN mpi_record a ON a.record = l.low JOIN mpi_record b ON b.record = l.high
WHERE l.recorded_to IS NULL ORDER BY l.label
"""

NAMES = """
SELECT demographics->'names'->>0 AS name, count(*) AS number FROM mpi_record
WHERE merged_into IS NULL AND demographics->'names'->>0 <> '' GROUP BY 1
"""


async def retrained(connection: Connection, population: int | None, sample: int = SAMPLE) -> OnlineModel:
    """A model of the records of the index, or of about `sample` of them, and of what was decided in review;
    names are counted among all. `population`: as the active model says if None. Inside a transaction. Raises
    TooFewRecords."""
    _, before = await active(connection)
    share = min(1.0, sample / max(await connection.fetchval(COUNT), 1))
    records, told = await _sampled(connection, 100 * share)
    residents = population or before.population
    if share == 1.0:
        return trained_on(records, residents, before, told=told)
    # PostgreSQL counts meanwhile; the connection is free again before anything is raised.
    learning = asyncio.create_task(
        asyncio.to_thread(estimated, records, residents, before, told=told, share=share)
    )
    names, namesakes = await _named(connection, share)
    model = await learning
    return msgspec.structs.replace(model, names=names, namesakes=namesakes)


async def _named(connection: Connection, share: float) -> tuple[Names, float]:
    """How frequent names are among all, and how many residents of a share have a namesake."""
    names = names_of_counts(await _counted(connection))
    rows = await connection.fetch(ALIKE, max(1, round(1000 * share)))
    alike = [demographics_from_json(row["demographics"]) for row in rows]
    return names, await asyncio.to_thread(namesakes_among, alike, names)


async def _sampled(connection: Connection, percent: float) -> tuple[list[Demographics], list[Judged]]:
    """So many of a hundred records, with those that humans judged, and what they judged."""
    records: list[Demographics] = []
    place: dict[int, int] = {}
    cursor = await connection.cursor(SAMPLED, percent)
    while rows := await cursor.fetch(_TOGETHER):
        place |= {row["record"]: at for at, row in enumerate(rows, len(records))}
        records += [demographics_from_json(row["demographics"]) for row in rows]
    told: list[Judged] = []
    for row in await connection.fetch(JUDGED):
        for record, text in ((row["low"], row["one"]), (row["high"], row["other"])):
            if record not in place:
                place[record] = len(records)
                records.append(demographics_from_json(text))
        told.append((place[row["low"]], place[row["high"]], row["is_match"]))
    return records, told


async def _counted(connection: Connection) -> dict[str, int]:
    return {row["name"]: row["number"] for row in await connection.fetch(NAMES)}


async def refreshed(connection: Connection) -> OnlineModel:
    """The active model with the names that are frequent now. Inside a transaction."""
    _, before = await active(connection)
    return msgspec.structs.replace(before, names=names_of_counts(await _counted(connection)))
