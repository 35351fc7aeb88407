"""The online model trained anew on the records of the index, or given its frequencies of names anew."""

from collections.abc import AsyncIterator

import msgspec

from mpi.demographics import Demographics, demographics_from_json
from mpi.linkage.online import names_of, trained_on
from mpi.linkage.table import encoded
from mpi.models import active
from mpi.online_model import OnlineModel
from mpi.rows import Connection

# Those that speak for themselves; what was merged is said again by the survivor.
FACTS = "SELECT record, demographics::text FROM mpi_record WHERE merged_into IS NULL"

# What humans said last of each pair.
JUDGED = "SELECT low, high, is_match FROM mpi_label WHERE recorded_to IS NULL ORDER BY label"


async def retrained(connection: Connection, population: int | None) -> OnlineModel:
    """A model of all records of the index, and of what was decided in review. `population`: as the active
    model says if None. Inside a transaction. Raises TooFewRecords."""
    _, before = await active(connection)
    records = [(number, record) async for number, record in _records(connection)]
    place = {number: at for at, (number, _) in enumerate(records)}
    told = [
        (place[row["low"]], place[row["high"]], row["is_match"])
        for row in await connection.fetch(JUDGED)
        if row["low"] in place and row["high"] in place
    ]
    return trained_on([record for _, record in records], population or before.population, before, told=told)


async def refreshed(connection: Connection) -> OnlineModel:
    """The active model with the names that are frequent now. Inside a transaction."""
    _, before = await active(connection)
    names = [record.names[0] async for _, record in _records(connection) if record.names]
    return msgspec.structs.replace(before, names=names_of(encoded(names)))


async def _records(connection: Connection) -> AsyncIterator[tuple[int, Demographics]]:
    async for row in connection.cursor(FACTS, prefetch=5000):
        yield row[0], demographics_from_json(row[1])
