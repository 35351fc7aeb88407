"""Read the versions of many resources, latest first: those of one resource, of some types, of all.

A page of types costs the same however many resources there are: of each type at most one page is read from
either index, of the current resources and of what is superseded or deleted, in the order of time.

https://hl7.org/fhir/R4/http.html#history
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from exchange.store.connection import Connection
from exchange.store.packing import unpacked
from exchange.store.types import type_name, type_number

EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
LAST_VERSION: Final = 2**31 - 1

# Whether a superseded version h was current at some time after $8: whether its successor is later. The
# successor of a version is in the history too, or it is the current one; a deletion is an event alone.
CURRENT_AFTER: Final = """
($8::timestamptz <= '0002-01-01' OR CASE WHEN h.body IS NULL THEN h.updated >= $8 ELSE coalesce(
    (SELECT n.updated FROM history n WHERE n.rid = h.rid AND n.version = h.version + 1),
    (SELECT r.updated FROM resource r WHERE r.rid = h.rid)
) > $8 END)"""

# Versions of resources of the types $1, before the place ($2, $3, $4) by (updated, rid, version),
# since $5, current at some time in [$8, $7). Of each type and index the first $6 are looked at.
OF_TYPES: Final = f"""
WITH bounds AS MATERIALIZED (
    SELECT (extract(epoch FROM $2::timestamptz) * 1000000)::bigint AS before,
           (extract(epoch FROM greatest($5::timestamptz, '0002-01-01')) * 1000000)::bigint AS since,
           (extract(epoch FROM $7::timestamptz) * 1000000)::bigint AS until
), found AS MATERIALIZED (
    SELECT v.* FROM unnest($1::smallint[]) AS t (type) CROSS JOIN LATERAL (
        (SELECT 'epoch'::timestamptz + i.updated * interval '1 microsecond' AS updated, i.rid,
                NULL::integer AS version
         FROM resource_index i
         WHERE i.type = t.type AND (i.updated, i.rid) < ((SELECT before FROM bounds), $3::bigint)
           AND i.updated >= (SELECT since FROM bounds) AND i.updated < (SELECT until FROM bounds)
         ORDER BY i.updated DESC, i.rid DESC LIMIT $6::integer)
        UNION ALL
        (SELECT h.updated, h.rid, h.version
         FROM history h
         WHERE h.type = t.type AND (h.updated, h.rid, h.version) < ($2, $3, $4::integer)
           AND h.updated >= $5 AND h.updated < $7 AND {CURRENT_AFTER}
         ORDER BY h.updated DESC, h.rid DESC, h.version DESC LIMIT $6)
    ) v
    ORDER BY v.updated DESC, v.rid DESC, v.version DESC NULLS FIRST LIMIT $6
)
SELECT r.type, r.id, f.rid, coalesce(f.version, r.version) AS version, f.updated,
       CASE WHEN f.version IS NULL THEN r.body ELSE h.body END AS body
FROM found f
JOIN LATERAL (SELECT * FROM resource r WHERE r.rid = f.rid OFFSET 0) r ON true
LEFT JOIN LATERAL (
    SELECT h.body FROM history h WHERE h.rid = f.rid AND h.version = f.version OFFSET 0
) h ON true
ORDER BY f.updated DESC, f.rid DESC, version DESC"""  # noqa: S608 - a fixed text

# The versions of one resource ($1, $2) below $3; since $5, current at some time in [$7, $6).
OF_ONE: Final = """
WITH versions AS MATERIALIZED (
    SELECT r.rid, r.version, r.updated, r.body IS NULL AS deleted, NULL::timestamptz AS until
    FROM resource r WHERE r.type = $1 AND r.id = $2
    UNION ALL
    SELECT h.rid, h.version, h.updated, h.body IS NULL, coalesce(
        (SELECT n.updated FROM history n WHERE n.rid = h.rid AND n.version = h.version + 1), r.updated)
    FROM resource r JOIN history h USING (rid)
    WHERE r.type = $1 AND r.id = $2 AND h.version < r.version
), found AS (
    SELECT * FROM versions v
    WHERE v.version < $3::integer AND v.updated >= $5::timestamptz AND v.updated < $6::timestamptz
      AND CASE WHEN v.deleted THEN v.updated >= $7::timestamptz ELSE v.until IS NULL OR v.until > $7 END
    ORDER BY v.version DESC LIMIT $4::integer
)
SELECT $1::smallint AS type, $2::text AS id, f.rid, f.version, f.updated,
       CASE WHEN f.until IS NULL THEN r.body ELSE h.body END AS body
FROM found f JOIN resource r USING (rid)
LEFT JOIN history h ON f.until IS NOT NULL AND h.rid = f.rid AND h.version = f.version
ORDER BY f.version DESC"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of some resource; `body` is None for a deletion."""

    type: str
    id: str
    rid: int
    version: int
    updated: datetime
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: its last version, in the order of time."""

    updated: datetime = LATEST
    rid: int = 2**63 - 1
    version: int = LAST_VERSION


@dataclass(frozen=True, slots=True)
class Span:
    """since   versions made earlier are left out
    low, high  versions that were current at no time in [low, high) are left out
    """

    since: datetime = EARLIEST
    low: datetime = EARLIEST
    high: datetime = LATEST


EVER: Final = Span()


async def of_types(
    connection: Connection, types: Collection[str], count: int, before: Place, span: Span
) -> list[Version]:
    """The versions of all resources of these types."""
    numbers = sorted(map(type_number, types))
    place = (before.updated, before.rid, before.version)
    records = await connection.fetch(OF_TYPES, numbers, *place, span.since, count, span.high, span.low)
    return [_version(record) for record in records]


async def of_one(
    connection: Connection, type_: str, id_: str, count: int, before: int, span: Span
) -> list[Version]:
    """The versions of one resource that are older than `before`."""
    given = (type_number(type_), id_, before, count, span.since, span.high, span.low)
    return [_version(record) for record in await connection.fetch(OF_ONE, *given)]


def _version(record: Any) -> Version:
    type_, id_, rid, version, updated, body = record
    return Version(type_name(type_), id_, rid, version, updated, unpacked(body))
