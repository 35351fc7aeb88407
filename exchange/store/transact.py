"""Write a batch of resources, each with its new version, its history and its index rows.

https://hl7.org/fhir/R4/http.html#transactional-integrity

Call inside a transaction at READ COMMITTED (a batch of nothing but creations is one statement and needs
none). Resources are locked in the order of (type, id), so concurrent calls do not deadlock unless one
transaction calls twice; then PostgreSQL ends one of them and the caller repeats it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Literal

import asyncpg

from exchange.store.aside import aside
from exchange.store.batch import EPOCH, Change, Write, creation, rendered, statement
from exchange.store.connection import Connection, Row
from exchange.store.packing import unpack, unpacked
from exchange.store.types import type_number

Status = Literal["created", "updated", "unchanged", "deleted", "conflict", "missing"]
ROUNDS = 10

# Lock the resources that exist, always in the same order, and read them.
LOCK = """
SELECT w.at, r.rid, r.version, r.updated, r.body
FROM unnest($1::smallint[], $2::text[]) WITH ORDINALITY AS w (type, id, at)
JOIN resource r ON r.type = w.type AND r.id = w.id
ORDER BY r.type, r.id
FOR UPDATE OF r"""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one write, and the version that is current after it.

    `created` also for a deleted resource that came back; `unchanged` if the content is already stored;
    `conflict` if another version than If-Match is current, or a creation met its own id; `missing` if
    there was nothing to delete. `body` is None for what is not there, or no more; `version` 0 for what
    never was.
    """

    status: Status
    version: int
    updated: datetime
    body: bytes | None


class TooContended(Exception):
    """Other writers created and removed the same resource again and again meanwhile."""


class WrittenTwice(ValueError):
    """One batch may write a resource only once."""


async def create(connection: Connection, writes: Sequence[Write], instant: datetime) -> list[Written]:
    """Write new resources whose ids we made ourselves, all or none: one statement, which needs no transaction
    around it and raises UniqueViolationError if an id is taken."""
    updated = to_millisecond(instant)
    bodies = [rendered(write, 1, updated) for write in writes]
    if writes:
        sql, arguments = await aside(bodies, partial(creation, writes, updated, bodies))
        await connection.fetch(sql, *arguments)
    return [Written("created", 1, updated, body) for body in bodies]


async def transact(connection: Connection, writes: Sequence[Write], instant: datetime) -> list[Written]:
    """Write all; the answers are in the order of the writes. O(1) statements whatever their number."""
    updated = to_millisecond(instant)
    order = sorted(range(len(writes)), key=lambda n: (type_number(writes[n].type), writes[n].id))
    if len({(write.type, write.id) for write in writes}) < len(writes):
        raise WrittenTwice
    outcomes: dict[int, Written] = {}
    for _ in range(ROUNDS):
        order = await _write(connection, writes, order, updated, outcomes)
        if not order:
            return [outcomes[n] for n in range(len(writes))]
    raise TooContended


async def _write(
    connection: Connection,
    writes: Sequence[Write],
    order: Sequence[int],
    updated: datetime,
    outcomes: dict[int, Written],
) -> list[int]:
    """One round; gives back the writes that must look again, because somebody created their resource."""
    stored = await _locked(connection, writes, [n for n in order if writes[n].action != "create"])
    fresh: list[int] = []
    changed: list[Change] = []
    altered: list[int] = []
    for n in order:
        match decided(writes[n], stored.get(n)):
            case Change() as change:
                changed.append(change)
                altered.append(n)
                outcomes[n] = as_changed(change, stored[n], updated)
            case None:
                fresh.append(n)
                outcomes[n] = Written("created", 1, updated, rendered(writes[n], 1, updated))
            case Written() as settled:
                outcomes[n] = settled
    if not fresh and not changed:
        return []
    bodies = [outcomes[n].body or b"" for n in (*fresh, *altered)]
    made = partial(statement, [writes[n] for n in fresh], changed, updated, bodies)
    sql, arguments = await aside(bodies, made)
    lost = [fresh[place - 1] for (place,) in await connection.fetch(sql, *arguments)]
    for n in lost:
        if writes[n].action == "create":
            outcomes[n] = _as_stored("conflict", None)
    return [n for n in lost if writes[n].action != "create"]


async def _locked(
    connection: Connection, writes: Sequence[Write], order: Sequence[int]
) -> dict[int, asyncpg.Record]:
    if not order:
        return {}
    types = [type_number(writes[n].type) for n in order]
    records = await connection.fetch(LOCK, types, [writes[n].id for n in order])
    return {order[record["at"] - 1]: record for record in records}


def decided(write: Write, stored: Row | None) -> Written | Change | None:
    """What to do: nothing more, a new version, or (None) a new resource."""
    if write.if_match is not None and (
        stored is None or stored["body"] is None or stored["version"] != write.if_match
    ):
        return _as_stored("conflict", stored)
    if write.action == "delete" and (stored is None or stored["body"] is None):
        return _as_stored("missing", stored)
    if stored is None:
        return None
    if write.action == "update" and _is_content_of(stored, write):
        return _as_stored("unchanged", stored)
    return Change(write, stored["rid"], stored["version"] + 1)


def _as_stored(status: Status, stored: Row | None) -> Written:
    if stored is None:
        return Written(status, 0, EPOCH, None)
    return Written(status, stored["version"], stored["updated"], unpacked(stored["body"]))


def _is_content_of(stored: Row, write: Write) -> bool:
    body = stored["body"]
    return body is not None and unpack(body) == rendered(write, stored["version"], stored["updated"])


def as_changed(change: Change, stored: Row, updated: datetime) -> Written:
    """The answer to a write that changes what is stored."""
    if change.write.action == "delete":
        return Written("deleted", change.version, updated, None)
    status: Status = "created" if stored["body"] is None else "updated"
    return Written(status, change.version, updated, rendered(change.write, change.version, updated))


def to_millisecond(instant: datetime) -> datetime:
    """The precision of `lastUpdated`, so that the column and the bytes say the same."""
    return instant.astimezone(UTC).replace(microsecond=instant.microsecond // 1000 * 1000)
