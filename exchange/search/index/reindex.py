"""Indexes again what is stored, a few hundred resources at a time, while others read and write.

A batch locks its resources for the moment that it takes to write their index rows, as an update does. What is
written meanwhile is indexed by its writer.

https://hl7.org/fhir/R4/searchparameter.html
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from exchange.fhirjson import loads
from exchange.search.index.extract import Extraction
from exchange.search.index.row import IndexRow
from exchange.store.batch import Write, reindexing
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_name

BATCH: Final = 200

# The next resources of a type, locked as writers lock them.
NEXT: Final = """
SELECT r.rid, r.type, r.id, r.body
FROM (SELECT rid FROM resource_index WHERE type = $1 AND rid > $2 ORDER BY rid LIMIT $3) i
JOIN resource r USING (rid)
ORDER BY r.type, r.id
FOR UPDATE OF r"""

COUNT: Final = "SELECT count(*) FROM resource_index WHERE type = ANY($1::smallint[])"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """`reached` is the last rid of the batch, None if there was none left."""

    reached: int | None
    count: int
    failed: int


async def reindex_batch(pool: asyncpg.Pool, extraction: Extraction, type_: int, after: int) -> Done:
    """The next batch of a type, in a transaction of its own."""
    async with pool.acquire() as connection, connection.transaction():
        records = await connection.fetch(NEXT, type_, after, BATCH)
        if not records:
            return Done(None, 0, 0)
        present = [record for record in records if record["body"] is not None]
        made = await asyncio.to_thread(_rows, extraction, present)
        if made:
            sql, arguments = reindexing([rid for rid, _ in made], [write for _, write in made])
            await connection.execute(sql, *arguments)
    return Done(max(record["rid"] for record in records), len(made), len(present) - len(made))


def _rows(extraction: Extraction, records: Sequence[Any]) -> list[tuple[int, Write]]:
    made = []
    for record in records:
        kind = type_name(record["type"])
        row = _row(extraction, kind, record)
        if row is not None:
            made.append((record["rid"], Write("update", kind, record["id"], row=row)))
    return made


def _row(extraction: Extraction, kind: str, record: Any) -> IndexRow | None:
    """What cannot be indexed keeps its row and does not stop the others."""
    try:
        return extraction.row(loads(unpack(record["body"])))
    except Exception as error:
        _log.error("%s/%s cannot be indexed again: %s", kind, record["id"], type(error).__name__)
        return None


async def count(connection: Connection, types: Sequence[int]) -> int:
    """How many resources there are of these types."""
    found: int = await connection.fetchval(COUNT, list(types))
    return found
