"""Hospitals' own codes in the database: counts are added, people's decisions are kept.

https://www.postgresql.org/docs/18/sql-insert.html#SQL-ON-CONFLICT

Rows are locked in the order of system and code, and as the last thing of a transaction, so that nobody waits
in a circle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from exchange.local_codes.sighting import LONGEST, MOST_PLACES, Companion, Key, Sighting
from exchange.local_codes.systems import Systems
from exchange.store.connection import Connection

# Add what was met to what was met before. The latest display, example and companion stay; a code that was
# met for the first time, or is called otherwise than before, changes its CodeSystem.
ADD: Final = """
INSERT INTO local_code AS l (system, code, hospital, name, display, places, seen, alone, first_seen,
    last_seen, example, beside_system, beside_code, beside_display, state, changed)
SELECT n.system, n.code, n.hospital, n.name, n.display, string_to_array(n.places, ' '), n.seen, n.alone,
    n.first, n.last, n.example, n.beside_system, n.beside_code, n.beside_display, 'open', $15
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
    $8::bigint[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[])
    AS n (system, code, hospital, name, display, places, seen, alone, first, last, example, beside_system,
        beside_code, beside_display)
ORDER BY n.system, n.code
ON CONFLICT (system, code) DO UPDATE SET
    changed = CASE WHEN excluded.last_seen >= l.last_seen AND excluded.display NOT IN ('', l.display)
        THEN excluded.changed ELSE l.changed END,
    display = CASE WHEN l.display = '' OR (excluded.last_seen >= l.last_seen AND excluded.display <> '')
        THEN excluded.display ELSE l.display END,
    places = CASE WHEN l.places @> excluded.places OR cardinality(l.places) >= $16 THEN l.places
        ELSE (SELECT array_agg(DISTINCT p ORDER BY p) FROM unnest(l.places || excluded.places) p) END,
    seen = l.seen + excluded.seen,
    alone = l.alone + excluded.alone,
    first_seen = least(l.first_seen, excluded.first_seen),
    last_seen = greatest(l.last_seen, excluded.last_seen),
    example = CASE WHEN excluded.last_seen >= l.last_seen THEN excluded.example ELSE l.example END,
    beside_system = CASE WHEN excluded.beside_code <> '' THEN excluded.beside_system ELSE l.beside_system END,
    beside_code = CASE WHEN excluded.beside_code <> '' THEN excluded.beside_code ELSE l.beside_code END,
    beside_display =
        CASE WHEN excluded.beside_code <> '' THEN excluded.beside_display ELSE l.beside_display END
"""

# The queue: most frequent first, so that every hour of a reviewer is worth most. Codes that always came with
# another system's code beside them wait for nobody.
QUEUE: Final = """
SELECT * FROM local_code
WHERE state = ANY($1::text[]) AND system >= $2 AND system < $2 || '\U0010ffff' AND (alone > 0 OR $3)
ORDER BY alone DESC, seen DESC, system, code LIMIT $4 OFFSET $5"""

# How many there are of each state, without those that wait for nobody.
NUMBERS: Final = """
SELECT state, count(*) AS number FROM local_code
WHERE system >= $1 AND system < $1 || '\U0010ffff' AND (alone > 0 OR state <> 'open') GROUP BY state"""

# All of one system, as its CodeSystem lists them.
OF_SYSTEM: Final = "SELECT * FROM local_code WHERE system = $1 ORDER BY code"

SYSTEMS: Final = """
SELECT DISTINCT system FROM local_code WHERE system >= $1 AND system < $1 || '\U0010ffff' ORDER BY system"""

# Some codes, as they are.
THESE: Final = """
SELECT local_code.* FROM local_code
JOIN unnest($1::text[], $2::text[]) AS w (system, code) USING (system, code)"""

# A decision about some codes.
DECIDE: Final = """
UPDATE local_code l SET state = $3, assignee = $4, reason = $5, actor = $6, changed = $7
FROM (SELECT system, code FROM local_code
    JOIN unnest($1::text[], $2::text[]) AS w (system, code) USING (system, code)
    ORDER BY system, code FOR UPDATE) AS w
WHERE l.system = w.system AND l.code = w.code
RETURNING l.system"""

# What is there of each system whose CodeSystem is not up to date.
STALE: Final = """
SELECT l.system, max(l.changed) AS changed FROM local_code l LEFT JOIN local_system s USING (system)
GROUP BY l.system, s.published HAVING s.published IS NULL OR max(l.changed) > s.published
ORDER BY l.system"""

PUBLISHED: Final = """
INSERT INTO local_system (system, published) VALUES ($1, $2)
ON CONFLICT (system) DO UPDATE SET published = excluded.published"""


@dataclass(frozen=True, slots=True)
class LocalCode:
    """A row."""

    sighting: Sighting
    hospital: str
    name: str
    state: str
    assignee: str = ""
    reason: str = ""
    actor: str = ""

    @property
    def key(self) -> Key:
        return self.sighting.key


@dataclass(frozen=True, slots=True)
class Decision:
    """What `actor` decided about codes; `reason` is told of what is ignored."""

    state: str
    actor: str
    assignee: str = ""
    reason: str = ""


async def add(
    connection: Connection, systems: Systems, sightings: Iterable[Sighting], instant: datetime
) -> None:
    """Each code once."""
    listed = sorted(sightings, key=lambda each: each.key)
    if not listed:
        return
    rows = [(*each.key, *systems.named(each.key.system), *_said(each)) for each in listed]
    await connection.execute(ADD, *map(list, zip(*rows, strict=True)), instant, MOST_PLACES)


def _said(each: Sighting) -> tuple[object, ...]:
    beside = Companion(*(text[:LONGEST] for text in each.companion))
    counts = (each.seen, each.alone, each.first, each.last)
    return (each.display[:LONGEST], " ".join(each.places), *counts, each.example, *beside)


async def queue(
    connection: Connection, states: Sequence[str], within: str, everything: bool, count: int, offset: int = 0
) -> list[LocalCode]:
    """Of systems that begin with `within`; `everything` also shows what needs no mapping."""
    found = await connection.fetch(QUEUE, list(states), within, everything, count, offset)
    return [_local_code(each) for each in found]


async def numbers(connection: Connection, within: str) -> dict[str, int]:
    """How many there are by state."""
    return {each["state"]: each["number"] for each in await connection.fetch(NUMBERS, within)}


async def systems_within(connection: Connection, within: str) -> list[str]:
    """All systems that begin so."""
    return [each["system"] for each in await connection.fetch(SYSTEMS, within)]


async def of_system(connection: Connection, system: str) -> list[LocalCode]:
    return [_local_code(each) for each in await connection.fetch(OF_SYSTEM, system)]


async def these(connection: Connection, keys: Sequence[Key]) -> dict[Key, LocalCode]:
    """Those of the codes that were met."""
    found = await connection.fetch(THESE, *_columns(keys))
    return {each.key: each for each in map(_local_code, found)}


async def decide(connection: Connection, keys: Sequence[Key], decision: Decision, instant: datetime) -> int:
    """How many of them there are."""
    said = (decision.state, decision.assignee, decision.reason, decision.actor, instant)
    return len(await connection.fetch(DECIDE, *_columns(keys), *said))


async def stale(connection: Connection) -> list[tuple[str, datetime]]:
    """The systems that are to be published, and what of them is the latest."""
    return [(each["system"], each["changed"]) for each in await connection.fetch(STALE)]


async def mark_published(connection: Connection, system: str, changed: datetime) -> None:
    await connection.execute(PUBLISHED, system, changed)


def _columns(keys: Sequence[Key]) -> tuple[list[str], list[str]]:
    return [each.system for each in keys], [each.code for each in keys]


def _local_code(row: asyncpg.Record) -> LocalCode:
    sighting = Sighting(
        Key(row["system"], row["code"]),
        row["first_seen"],
        row["last_seen"],
        row["display"],
        tuple(row["places"]),
        row["example"],
        Companion(row["beside_system"], row["beside_code"], row["beside_display"]),
        row["seen"],
        row["alone"],
    )
    said = (row[name] for name in ("hospital", "name", "state", "assignee", "reason", "actor"))
    return LocalCode(sighting, *said)
