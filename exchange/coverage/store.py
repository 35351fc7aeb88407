"""Counts of what became of fields, in the database: added, read, and older days put together. Named SQL.

https://www.postgresql.org/docs/18/sql-insert.html#SQL-ON-CONFLICT

Paths, reasons and numbers stand there, never what a message says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import asyncpg

from exchange.coverage.tally import Count, Group
from exchange.store.connection import Connection

# Rows are locked in the order of their key, so that nobody waits in a circle.
ADD: Final = """
INSERT INTO coverage AS c (hospital, message_type, field, disposition, reason, day, number)
SELECT hospital, message_type, field, disposition, reason, day, number
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::bigint[])
    AS n (hospital, message_type, field, disposition, reason, day, number)
ORDER BY hospital, message_type, field, disposition, reason, day
ON CONFLICT (hospital, message_type, field, disposition, reason, day)
DO UPDATE SET number = c.number + excluded.number"""

# What became of fields; a field is asked for with what is below it.
READ: Final = """
SELECT hospital, message_type, field, disposition, reason, sum(number)::bigint AS number
FROM coverage
WHERE ($1::text IS NULL OR hospital = $1) AND ($2::text IS NULL OR message_type = $2)
  AND ($3::text IS NULL OR field = $3 OR starts_with(field, $3 || '/') OR starts_with(field, $3 || '-')
       OR starts_with(field, $3 || '@'))
  AND ($4::date IS NULL OR day >= $4)
GROUP BY hospital, message_type, field, disposition, reason
ORDER BY hospital, message_type, field, disposition, reason"""

# Whole messages and all their values.
TOTALS: Final = """
SELECT hospital, message_type, field, disposition, reason, sum(number)::bigint AS number
FROM coverage WHERE field = '' GROUP BY hospital, message_type, field, disposition, reason
ORDER BY hospital, message_type, disposition"""

# Days before one become the first day of their month.
COMPACT: Final = """
WITH old AS (
    DELETE FROM coverage WHERE day < $1 AND extract(day FROM day) > 1
    RETURNING hospital, message_type, field, disposition, reason,
        date_trunc('month', day)::date AS day, number
)
INSERT INTO coverage AS c (hospital, message_type, field, disposition, reason, day, number)
SELECT hospital, message_type, field, disposition, reason, day, sum(number)
FROM old GROUP BY hospital, message_type, field, disposition, reason, day
ON CONFLICT (hospital, message_type, field, disposition, reason, day)
DO UPDATE SET number = c.number + excluded.number"""


@dataclass(frozen=True, slots=True)
class Covered:
    """A count of a hospital and type."""

    hospital: str
    message_type: str
    field: str
    disposition: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Asked:
    """None leaves it open."""

    hospital: str | None = None
    message_type: str | None = None
    field: str | None = None
    since: date | None = None


async def add(connection: Connection, counts: Sequence[tuple[Group, Count]]) -> None:
    """Each (group, field, disposition, reason) once."""
    if counts:
        rows = [(g.hospital, g.message_type, c.field, c.disposition, c.reason, g.day, c.number)
                for g, c in counts]  # fmt: skip
        await connection.execute(ADD, *map(list, zip(*rows, strict=True)))


async def read(connection: Connection, asked: Asked) -> list[Covered]:
    said = asked.hospital, asked.message_type, asked.field, asked.since
    return _covered(await connection.fetch(READ, *said))


async def totals(connection: Connection) -> list[Covered]:
    return _covered(await connection.fetch(TOTALS))


async def compact(connection: Connection, before: date) -> None:
    await connection.execute(COMPACT, before)


def _covered(found: Iterable[asyncpg.Record]) -> list[Covered]:
    return [Covered(**each) for each in found]
