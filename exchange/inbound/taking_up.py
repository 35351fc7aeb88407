"""Kept messages that no process has in hand, put into one's hand. Named SQL.

https://www.postgresql.org/docs/18/sql-select.html#SQL-FOR-UPDATE-SHARE
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from exchange.inbound.inbox import Pending
from exchange.inbound.presence import PROCESSES, Presence
from exchange.store.connection import Connection

# The oldest messages beyond id $1 and without $2 that are in nobody's hand are ours ($4) now: what we kept,
# what nobody keeps, what a process kept that is no more (if we may judge that, $5), what waits since before
# $7. With $6 only those of our share of the senders.
TAKE_UP: Final = """
WITH alive AS MATERIALIZED (
    SELECT objid::bigint::integer AS number FROM pg_locks
    WHERE locktype = 'advisory' AND classid = $8::bigint AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), next AS (
    SELECT id FROM inbox
    WHERE state = 'received' AND id > $1 AND NOT id = ANY($2::bigint[])
      AND (keeper = $4 OR (
          (keeper IS NULL OR ($5 AND keeper NOT IN (SELECT number FROM alive)) OR received < $7)
          AND (NOT $6 OR (hashtext(sender)::bigint & 2147483647) % greatest((SELECT count(*) FROM alive), 1)
               = (SELECT count(*) FROM alive WHERE number < $4))))
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE inbox i SET keeper = $4 FROM next WHERE i.id = next.id
RETURNING i.id, i.received, i.channel, i.charset, i.raw"""

# What became of some messages, of those that have a result.
RESULTS: Final = """
SELECT id, acknowledgement FROM inbox WHERE id = ANY($1::bigint[]) AND state <> 'received'"""


async def take_up(
    connection: Connection,
    presence: Presence,
    after: int,
    known: Collection[int],
    count: int,
    share: bool,
    before: datetime | None = None,
) -> list[Pending]:
    """The oldest messages in nobody's hand, beyond id `after` and without those `known` to be in ours, in the
    order they came. Only of our `share` of the senders, or all; those received `before`, whoever has them."""
    judges, kind = presence.may_judge, PROCESSES
    asked = (after, list(known), count, presence.number, judges, share, before, kind)
    found = await connection.fetch(TAKE_UP, *asked)
    return sorted((Pending(**record) for record in found), key=lambda each: each.id)


async def results(connection: Connection, ids: Collection[int]) -> dict[int, bytes]:
    """The application acknowledgements of those that are settled."""
    found = await connection.fetch(RESULTS, list(ids))
    return {record["id"]: record["acknowledgement"] or b"" for record in found}
