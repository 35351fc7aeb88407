"""Store many resources at once: COPY instead of statements with arrays, the same rows as `transact`.

Call inside a transaction at READ COMMITTED. What is new goes straight into the tables. If a concurrent writer
creates one of the resources meanwhile, PostgreSQL says so by asyncpg.UniqueViolationError; then the caller
rolls back, looks for what is `stored` and tries again.

https://www.postgresql.org/docs/18/populate.html
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from exchange.search.index.phrase import Phrase
from exchange.store import load_rows
from exchange.store.arrays import array_text
from exchange.store.batch import Change, Write, rendered
from exchange.store.connection import Connection
from exchange.store.load_encode import HEADER, TRAILER
from exchange.store.load_rows import INDEX_TABLES, Layout
from exchange.store.packing import pack, unpack
from exchange.store.types import type_number

MILLISECOND: Final = timedelta(milliseconds=1)

# COPY data goes out in pieces of about this size, so that PostgreSQL works while the next is made.
PIECE_BYTES: Final = 1 << 18

# Numbers for new resources.
RIDS: Final = "SELECT array_agg(nextval('resource_rid')) FROM generate_series(1, $1::integer)"

# Lock the resources that exist, in the order in which everybody does, and read them.
STORED: Final = """
SELECT w.at, r.rid, r.version, r.updated, r.body
FROM unnest($1::smallint[], $2::text[]) WITH ORDINALITY AS w (type, id, at)
JOIN resource r ON r.type = w.type AND r.id = w.id
ORDER BY r.type, r.id
FOR UPDATE OF r"""

# The current versions move to the history.
SUPERSEDE: Final = """
INSERT INTO history (rid, version, updated, body, type)
SELECT rid, version, updated, body, type FROM resource WHERE rid = ANY($1::bigint[]) AND body IS NOT NULL"""

# The resources take their new versions.
REPLACE: Final = """
UPDATE resource r SET version = c.version, updated = $4::timestamptz, body = c.body
FROM unnest($1::bigint[], $2::integer[], $3::bytea[]) AS c (rid, version, body)
WHERE r.rid = c.rid"""

# The index rows of superseded versions.
STALE: Final = tuple(f"DELETE FROM {table} WHERE rid = ANY($1::bigint[])" for table in INDEX_TABLES)  # noqa: S608

# Texts that the index does not know yet. A text that two write at once may stand twice.
TEXTS: Final = """
INSERT INTO text_index (token, path, value, words)
SELECT i.token, i.path, i.value, i.words::integer[]
FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS i (token, path, value, words)
WHERE NOT EXISTS (SELECT FROM text_index t WHERE t.token = i.token)"""


async def stored(connection: Connection, writes: Sequence[Write]) -> dict[int, asyncpg.Record]:
    """The rid, version, time and body of those that are there, locked, by their place among the writes."""
    types = [type_number(write.type) for write in writes]
    records = await connection.fetch(STORED, types, [write.id for write in writes])
    return {record["at"] - 1: record for record in records}


def is_content_of(record: asyncpg.Record, write: Write) -> bool:
    """Whether the stored version says what the write says."""
    body = record["body"]
    return body is not None and unpack(body) == rendered(write, record["version"], record["updated"])


async def place(
    connection: Connection, fresh: Sequence[Write], changed: Sequence[Change], instant: datetime
) -> None:
    """Write new resources, and new versions of locked ones. `instant` is of whole milliseconds."""
    rids: list[int] = await connection.fetchval(RIDS, len(fresh)) if fresh else []
    if fresh:
        await _copy(connection, load_rows.RESOURCE, load_rows.resources(rids, fresh, instant))
    if changed:
        await _change(connection, changed, instant)
    rids = [*rids, *(change.rid for change in changed)]
    writes = [*fresh, *(change.write for change in changed)]
    await _copy(connection, load_rows.INDEX, load_rows.index(rids, writes, instant))
    for side in load_rows.SIDES:
        await _copy(connection, side.layout, load_rows.side(side, rids, writes))
    await _add_texts(connection, {text.token: text for write in writes for text in write.row.texts})


async def _change(connection: Connection, changed: Sequence[Change], instant: datetime) -> None:
    rids = [change.rid for change in changed]
    bodies = [pack(rendered(change.write, change.version, instant)) for change in changed]
    await connection.execute(SUPERSEDE, rids)
    await connection.execute(REPLACE, rids, [change.version for change in changed], bodies, instant)
    for statement in STALE:
        await connection.execute(statement, rids)


async def _add_texts(connection: Connection, texts: Mapping[int, Phrase]) -> None:
    if texts:
        tokens, paths, values, words = zip(*texts.values(), strict=True)
        await connection.execute(TEXTS, tokens, paths, values, [array_text(each) for each in words])


async def _copy(connection: Connection, layout: Layout, rows: Sequence[bytes]) -> None:
    if rows:
        await connection.copy_to_table(
            layout.table, source=_pieces(rows), columns=layout.columns, format="binary"
        )


async def _pieces(rows: Iterable[bytes]) -> AsyncIterator[bytes]:
    gathered, size = [HEADER], 0
    for row in rows:
        gathered.append(row)
        size += len(row)
        if size >= PIECE_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join([*gathered, TRAILER])
