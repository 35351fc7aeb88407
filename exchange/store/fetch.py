"""Read resources as stored: current versions, one version, the versions of one resource.

https://hl7.org/fhir/R4/http.html#read
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from exchange.store.connection import Connection
from exchange.store.packing import unpacked
from exchange.store.types import type_number

# The current versions of some resources. As a text a list costs the driver a fifth of what an array costs.
CURRENT = """
SELECT w.at, r.version, r.updated, r.body
FROM unnest(string_to_array($1, ' ')::smallint[], string_to_array($2, ' '))
    WITH ORDINALITY AS w (type, id, at)
JOIN resource r ON r.type = w.type AND r.id = w.id"""

# One version, be it the current one or a superseded one.
VERSION = """
SELECT version, updated, body FROM resource WHERE type = $1 AND id = $2 AND version = $3
UNION ALL
SELECT h.version, h.updated, h.body FROM resource r JOIN history h USING (rid)
WHERE r.type = $1 AND r.id = $2 AND h.version = $3"""

# The versions below a given one, latest first.
VERSIONS = """
SELECT version, updated, body FROM resource WHERE type = $1 AND id = $2 AND version < $3
UNION ALL
SELECT h.version, h.updated, h.body FROM resource r JOIN history h USING (rid)
WHERE r.type = $1 AND r.id = $2 AND h.version < $3 AND h.version < r.version
ORDER BY version DESC
LIMIT $4"""

# How many versions there are.
COUNT_VERSIONS = "SELECT coalesce((SELECT version FROM resource WHERE type = $1 AND id = $2), 0)"

LATEST = 2**31 - 1


class Stored(NamedTuple):
    """One version; `body` is None when the version says that the resource was deleted."""

    version: int
    updated: datetime
    body: bytes | None


async def fetch(connection: Connection, references: Sequence[tuple[str, str]]) -> list[Stored | None]:
    """The current version of each (type, id), in that order; None for what never was."""
    types = " ".join([str(type_number(type_)) for type_, _ in references])
    ids = " ".join([id_ for _, id_ in references])
    if ids.count(" ") >= len(references):  # one that has a space would stand for two, and names nothing
        ids = " ".join(["" if " " in id_ else id_ for _, id_ in references])
    records = await connection.fetch(CURRENT, types, ids)
    found: list[Stored | None] = [None] * len(references)
    for at, version, updated, body in records:
        found[at - 1] = _stored(version, updated, body)
    return found


async def vread(connection: Connection, type_: str, id_: str, version: int) -> Stored | None:
    """One version of a resource."""
    if not 0 < version <= LATEST:
        return None
    record = await connection.fetchrow(VERSION, type_number(type_), id_, version)
    return None if record is None else _stored(*record)


async def history(
    connection: Connection, type_: str, id_: str, count: int, before: int = LATEST
) -> list[Stored]:
    """The versions of a resource that are older than `before`, latest first."""
    records = await connection.fetch(VERSIONS, type_number(type_), id_, before, count)
    return [_stored(*record) for record in records]


async def count_versions(connection: Connection, type_: str, id_: str) -> int:
    """How many versions a resource has; 0 if it never was."""
    count: int = await connection.fetchval(COUNT_VERSIONS, type_number(type_), id_)
    return count


def _stored(version: int, updated: datetime, kept: bytes | None) -> Stored:
    return Stored(version, updated, unpacked(kept))
