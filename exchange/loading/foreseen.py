"""What conditional references find among the resources that come with them, before these are stored.

https://hl7.org/fhir/R4/http.html#trules
"""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

from exchange.loading.entries import key_of
from exchange.loading.matches import Matches
from exchange.loading.preparing import Reading
from exchange.search.criteria import Search
from exchange.store.connection import Connection
from exchange.store.transact import transact


def is_settled(reading: Reading, found: Mapping[str, str]) -> bool:
    """Whether nothing that comes along can make a difference: identifiers have been found."""
    return all(reference in found and key_of(reference) for reference in reading.asked())


async def foreseen(
    connection: Connection, search: Search, reading: Reading, found: Mapping[str, str], instant: datetime
) -> dict[str, str]:
    """What `found` becomes when the chunk's other resources are written: they are, and taken back.

    Resources that are asked for by criteria and refer by criteria themselves are not seen.
    """
    open_ = [reference for reference in reading.asked() if reference not in found or not key_of(reference)]
    trial = connection.transaction()
    await trial.start()
    try:
        await transact(connection, reading.writes(), instant)
        now = await Matches(search).of(connection, open_, {})
    except asyncpg.PostgresError:  # to store them tells what is wrong
        return dict(found)
    finally:
        await trial.rollback()
    return {name: value for name, value in found.items() if name not in open_} | now
