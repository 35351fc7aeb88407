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
FACTS = "SELECT demographics::text FROM mpi_record WHERE merged_into IS NULL"


async def retrained(connection: Connection, population: int | None) -> OnlineModel:
    """A model of all records of the index, without labels. `population`: as the active model says if None.
    Inside a transaction. Raises TooFewRecords."""
    _, before = await active(connection)
    records = [record async for record in _records(connection)]
    return trained_on(records, population or before.population, before)


async def refreshed(connection: Connection) -> OnlineModel:
    """The active model with the names that are frequent now. Inside a transaction."""
    _, before = await active(connection)
    names = [record.names[0] async for record in _records(connection) if record.names]
    return msgspec.structs.replace(before, names=names_of(encoded(names)))


async def _records(connection: Connection) -> AsyncIterator[Demographics]:
    async for row in connection.cursor(FACTS, prefetch=5000):
        yield demographics_from_json(row[0])
