"""What is stored of a file so far: each chunk leaves a mark in the transaction that stores it.

https://www.postgresql.org/docs/18/tutorial-transactions.html
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from exchange.store.connection import Connection

# A file that was loaded to its end is begun again from the start; else it is resumed.
BEGIN: Final = """
INSERT INTO load AS l (fingerprint, source, round, run, place, begun) VALUES ($1, $2, 1, $3, $4, $5)
ON CONFLICT (fingerprint) DO UPDATE SET source = excluded.source, run = excluded.run, place = excluded.place,
    round = l.round + (l.finished IS NOT NULL)::integer, finished = NULL,
    begun = CASE WHEN l.finished IS NULL THEN l.begun ELSE excluded.begun END
RETURNING load, round"""

# The chunks that this round has stored.
MARKS: Final = """
SELECT start, size, first_line, lines, created, updated, unchanged, rejected, findings::text AS findings
FROM load_chunk WHERE load = $1 AND round = $2 ORDER BY start"""

# A chunk is stored. What it wrote in earlier rounds is still its own.
MARK: Final = """
INSERT INTO load_chunk AS c
    (load, start, round, size, first_line, lines, created, updated, unchanged, rejected, findings, written)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12::timestamptz[])
ON CONFLICT (load, start) DO UPDATE SET round = excluded.round, size = excluded.size,
    first_line = excluded.first_line, lines = excluded.lines, created = excluded.created,
    updated = excluded.updated, unchanged = excluded.unchanged, rejected = excluded.rejected,
    findings = excluded.findings, written = c.written || excluded.written"""

FINISH: Final = "UPDATE load SET finished = $2 WHERE load = $1"

# Which other chunks of this run wrote at the given times, and whether they come later in the files' order.
WRITTEN_BY: Final = """
SELECT w.at, l.source, c.first_line, c.lines, (l.place, c.start) > (mine.place, $2) AS later
FROM load mine
JOIN load l ON l.run = mine.run
JOIN load_chunk c ON c.load = l.load AND (c.load, c.start) <> ($1, $2)
CROSS JOIN unnest(c.written) AS w (at)
WHERE mine.load = $1 AND w.at = ANY($3::timestamptz[])"""

# Nobody else loads the file meanwhile; held by the session.
LOCK: Final = "SELECT pg_try_advisory_lock($1)"


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of a chunk's resources."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A stored chunk: where it stands in the (decompressed) file, and what came of it.

    `findings` are JSON values that `exchange.loading.finding` makes.
    """

    start: int
    size: int
    first_line: int
    lines: int
    counts: Counts
    findings: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A file's number, the round, and what is stored of it already in this round."""

    load: int
    round: int
    marks: list[Mark]


@dataclass(frozen=True, slots=True)
class Other:
    """A chunk that wrote a resource which another chunk has, too."""

    source: str
    first_line: int
    lines: int
    later: bool


async def lock(connection: Connection, fingerprint: bytes) -> bool:
    """Until the connection is closed; False if somebody else loads this file."""
    key = int.from_bytes(fingerprint[:8], "big", signed=True)
    held: bool = await connection.fetchval(LOCK, key)
    return held


async def begin(
    connection: Connection, fingerprint: bytes, source: str, run: UUID, place: int, instant: datetime
) -> Begun:
    """Begin a file, or go on with it."""
    row = await connection.fetchrow(BEGIN, fingerprint, source, run, place, instant)
    assert row is not None
    marks = [
        Mark(start, size, first, lines, Counts(*counts), json.loads(findings))
        for start, size, first, lines, *counts, findings in await connection.fetch(
            MARKS, row["load"], row["round"]
        )
    ]
    return Begun(row["load"], row["round"], marks)


async def mark(connection: Connection, load: int, round_: int, of: Mark, written: Sequence[datetime]) -> None:
    """In the transaction that stores the chunk. `written`: the time it wrote under, if it wrote."""
    counts = of.counts
    await connection.execute(
        MARK,
        load,
        of.start,
        round_,
        of.size,
        of.first_line,
        of.lines,
        counts.created,
        counts.updated,
        counts.unchanged,
        counts.rejected,
        json.dumps(of.findings, ensure_ascii=False),
        written,
    )


async def finish(connection: Connection, load: int, instant: datetime) -> None:
    """All of the file is stored."""
    await connection.execute(FINISH, load, instant)


async def written_by(
    connection: Connection, load: int, start: int, instants: Sequence[datetime]
) -> dict[datetime, Other]:
    """The other chunks of this run that wrote at these times."""
    rows = await connection.fetch(WRITTEN_BY, load, start, list(set(instants)))
    return {row["at"]: Other(row["source"], row["first_line"], row["lines"], row["later"]) for row in rows}
