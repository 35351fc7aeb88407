"""The resources of a type in pages, whatever their number; each page begins where the one before ended.

https://www.postgresql.org/docs/18/indexes-ordering.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from exchange.store.batch import microseconds
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_name, type_number

# In the order they were made.
BY_RID: Final = """
SELECT i.rid, r.updated, r.body
FROM (
    SELECT rid FROM resource_index WHERE type = $1 AND rid > $2 AND (NOT $4 OR patient IS NOT NULL)
    ORDER BY rid LIMIT $3
) i JOIN resource r USING (rid)
ORDER BY i.rid"""

# In the order they were changed: one that is changed meanwhile comes again, behind the place where we are.
BY_UPDATED: Final = """
SELECT i.rid, i.updated AS at, r.updated, r.body
FROM (
    SELECT rid, updated FROM resource_index
    WHERE type = $1 AND (updated, rid) > ($5, $2) AND (NOT $4 OR patient IS NOT NULL)
    ORDER BY updated, rid LIMIT $3
) i JOIN resource r USING (rid)
ORDER BY i.updated, i.rid"""

# Those of some patients, each patient's found by itself.
BY_PATIENT: Final = """
SELECT i.rid, r.updated, r.body
FROM (
    SELECT x.rid FROM unnest($4::uuid[]) k CROSS JOIN LATERAL (
        SELECT y.rid FROM resource_index y WHERE y.patient = k AND y.type = $1 AND y.rid > $2
        ORDER BY y.rid OFFSET 0
    ) x
    UNION
    SELECT c.rid FROM compartment_index c JOIN resource_index y USING (rid)
    WHERE c.patient = ANY($4::uuid[]) AND y.type = $1 AND c.rid > $2
    ORDER BY rid LIMIT $3
) i JOIN resource r USING (rid)
ORDER BY i.rid"""

# What some resources were at a time, if they were.
AS_OF: Final = """
SELECT DISTINCT ON (h.rid) h.rid, h.updated, h.body FROM history h
WHERE h.rid = ANY($1::bigint[]) AND h.updated <= $2
ORDER BY h.rid, h.version DESC"""

# The same, by their ids.
AS_OF_ID: Final = """
SELECT DISTINCT ON (h.rid) h.updated, h.body FROM resource r JOIN history h USING (rid)
WHERE r.type = $1 AND r.id = ANY($2::text[]) AND h.updated <= $3
ORDER BY h.rid, h.version DESC"""

# Who was deleted in a time, and is still.
DELETED: Final = """
SELECT DISTINCT h.type, r.id FROM history h JOIN resource r USING (rid)
WHERE h.type = ANY($1::smallint[]) AND h.updated > $2 AND h.updated <= $3 AND h.body IS NULL
  AND r.body IS NULL
ORDER BY h.type, r.id"""

# Who was there at a time, and was deleted since.
GONE: Final = """
SELECT DISTINCT h.rid FROM history h JOIN resource r USING (rid)
WHERE h.type = $1 AND h.updated > $2 AND h.body IS NULL AND r.body IS NULL"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which resources are meant, and as of when: changed after `since`; of these `patients` (their keys), or
    only of patients at all."""

    instant: datetime
    since: datetime | None = None
    patients: Sequence[UUID] | None = None
    of_patients: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last row, and when it was changed."""

    rid: int = 0
    updated: int = -(2**63)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page: the bodies as they were at the instant, and where it ended; None at the end of all."""

    bodies: Sequence[bytes]
    place: Place | None


async def stretch(connection: Connection, type_: str, scope: Scope, place: Place, count: int) -> Stretch:
    """The next resources of a type."""
    number = type_number(type_)
    if scope.patients is not None:
        records = await connection.fetch(BY_PATIENT, number, place.rid, count, scope.patients)
    elif scope.since is not None:
        start = max(place.updated, microseconds(scope.since))
        records = await connection.fetch(BY_UPDATED, number, place.rid, count, scope.of_patients, start)
    else:
        records = await connection.fetch(BY_RID, number, place.rid, count, scope.of_patients)
    bodies = await _as_of(connection, records, scope)
    if len(records) < count:
        return Stretch([*bodies, *await _gone(connection, number, scope)], None)
    last = records[-1]
    return Stretch(bodies, Place(last["rid"], last.get("at", place.updated)))


async def as_of(connection: Connection, type_: str, ids: Sequence[str], scope: Scope) -> list[bytes]:
    """What resources that were changed after the instant were then."""
    records = await connection.fetch(AS_OF_ID, type_number(type_), ids, scope.instant)
    return _told(records, scope)


async def deleted(connection: Connection, types: Sequence[str], scope: Scope) -> list[tuple[str, str]]:
    """Type and id of what was deleted between `since` and the instant."""
    numbers = [type_number(name) for name in types]
    records = await connection.fetch(DELETED, numbers, scope.since, scope.instant)
    return [(type_name(record["type"]), record["id"]) for record in records]


async def _gone(connection: Connection, number: int, scope: Scope) -> list[bytes]:
    """What was deleted since the instant, as it was then; whose patient it was, nobody knows any more."""
    if scope.of_patients:
        return []
    rids = [record["rid"] for record in await connection.fetch(GONE, number, scope.instant)]
    return _told(await connection.fetch(AS_OF, rids, scope.instant), scope) if rids else []


async def _as_of(connection: Connection, records: Sequence[Any], scope: Scope) -> list[bytes]:
    """What was changed after the instant is told as it was then."""
    later = [record["rid"] for record in records if record["updated"] > scope.instant]
    before = {}
    if later:
        before = {each["rid"]: each for each in await connection.fetch(AS_OF, later, scope.instant)}
    return _told(
        [before.get(each["rid"]) if each["updated"] > scope.instant else each for each in records], scope
    )


def _told(records: Sequence[Any], scope: Scope) -> list[bytes]:
    return [
        unpack(record["body"])
        for record in records
        if record is not None
        and record["body"] is not None
        and (scope.since is None or record["updated"] > scope.since)
    ]
