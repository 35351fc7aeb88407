"""Which terminology is stored, and whether that has changed since it was last looked at.

https://hl7.org/fhir/R4/terminology-service.html
"""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from exchange.store.connection import Connection
from exchange.store.types import type_number
from terminology.library import KINDS

NUMBERS: Final = [type_number(kind) for kind in KINDS]

# What every write of one of these types moves: the latest change of a current one, of a superseded or deleted
# one, and how many there are. Each comes from an index.
MARK: Final = """
SELECT t.type,
    (SELECT max(i.updated) FROM resource_index i WHERE i.type = t.type) AS changed,
    (SELECT max(h.updated) FROM history h WHERE h.type = t.type) AS superseded,
    (SELECT count(*) FROM resource_index i WHERE i.type = t.type) AS number
FROM unnest($1::smallint[]) AS t (type)"""

# Every current version, without its body.
VERSIONS: Final = """
SELECT rid, version FROM resource WHERE type = ANY($1::smallint[]) AND body IS NOT NULL ORDER BY rid"""

BODIES: Final = "SELECT rid, version, body FROM resource WHERE rid = ANY($1::bigint[]) AND body IS NOT NULL"

# Large code systems are not resources.
RELEASES: Final = "SELECT max(release) AS newest, count(*) AS number FROM concept_release WHERE finished"

Mark = tuple[tuple[Any, ...], ...]


async def mark(connection: Connection) -> Mark:
    """Equal as long as nothing has changed."""
    records = [*await connection.fetch(MARK, NUMBERS), *await connection.fetch(RELEASES)]
    return tuple(tuple(record.values()) for record in records)


async def versions(connection: Connection) -> list[tuple[int, int]]:
    """rid and version of all that is stored."""
    return [(each["rid"], each["version"]) for each in await connection.fetch(VERSIONS, NUMBERS)]


async def bodies(connection: Connection, rids: Sequence[int]) -> Sequence[asyncpg.Record]:
    return await connection.fetch(BODIES, rids)
