"""Counts of what very many have, exact and without counting them each time.

What was counted once is remembered with the snapshot that it was counted in. The next time only what has been
written since is looked at: found by its time, told from the rest by that snapshot. Nothing is kept for it in
the database, and no write does more than before.

A write is found if it became visible within SLACK of the time that it bears, or of the beginning of its
transaction; so clocks of hubs and of the database must agree that well.

https://www.postgresql.org/docs/18/functions-info.html#FUNCTIONS-PG-SNAPSHOT
"""

# ruff: noqa: S608 - made of fixed fragments; every value is an argument of the Builder.

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from exchange.fhirjson import loads
from exchange.search.index.extract import Extraction
from exchange.search.query.conditions import Tokens
from exchange.search.query.query import Query
from exchange.search.statement import statement
from exchange.search.statement.builder import Builder
from exchange.search.statement.matching import rows_of
from exchange.store.packing import unpack
from exchange.store.types import type_number

# Fewer are counted as fast as they are remembered.
WORTH: Final = 5_000
REMEMBERED: Final = 1_000
# So many rows written since, and so many of them changed, are looked at rather than to count again.
MOST_WRITTEN: Final = 20_000
MOST_CHANGED: Final = 300
SLACK: Final = "15 seconds"

# What has to be remembered of the moment: its snapshot, the version of the search parameters, and the time
# that nothing bears, in microseconds, which is written later.
MOMENT: Final = f"""
pg_current_snapshot()::text AS snapshot, (SELECT version FROM search_version) AS version,
(SELECT extract(epoch FROM least(now(), min(a.xact_start)) - interval '{SLACK}') * 1000000
 FROM pg_stat_activity a WHERE a.backend_xid IS NOT NULL)::bigint AS since"""

# Whether what wrote a row of `{0}` is not in the snapshot $1. Of its number the row has the lower half.
WRITTEN_SINCE: Final = """NOT pg_visible_in_snapshot((
    SELECT (CASE WHEN w.whole > w.next THEN w.whole - 4294967296 ELSE w.whole END)::text::xid8
    FROM (SELECT n.next, (n.next >> 32 << 32) + {0}.xmin::text::bigint AS whole
          FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) n) w
), $1::text::pg_snapshot)"""

# The rows of a type that were written since $2, and of those that are gone or changed what they were before.
SINCE: Final = """
WITH recent AS MATERIALIZED (
    SELECT i.rid, ({has}) AS has, r.version AS number, {row_since} AS fresh
    FROM (SELECT * FROM resource_index x WHERE x.type = {type} AND x.updated >= $2::bigint LIMIT {most} + 1) i
    CROSS JOIN LATERAL (SELECT r.version, r.xmin FROM resource r WHERE r.rid = i.rid OFFSET 0) r
), altered AS MATERIALIZED (
    SELECT rid FROM recent WHERE fresh AND number > 1
    UNION
    SELECT h.rid FROM history h
    WHERE h.type = {type} AND h.updated >= to_timestamp($2::bigint / 1000000) AND h.body IS NULL
      AND {version_since}
    LIMIT {changed} + 1
), before AS (
    SELECT DISTINCT ON (h.rid) h.rid, h.updated, h.body FROM altered a JOIN history h USING (rid)
    WHERE {version_since} ORDER BY h.rid, h.version
)
SELECT {moment}, (SELECT count(*) FROM recent) AS looked, (SELECT count(*) FROM altered) AS altered,
    (SELECT count(*) FROM recent WHERE fresh AND has) AS gained,
    (SELECT coalesce(array_agg(body), '{{}}') FROM before WHERE body IS NOT NULL) AS bodies,
    (SELECT bool_or(extract(epoch FROM updated) * 1000000 >= $2::bigint) FROM before) AS unclear"""

Key = tuple[str, tuple[tuple[int, ...], ...]]


@dataclass(frozen=True, slots=True)
class _Counted:
    number: int
    snapshot: str
    version: int
    since: int


class Counts:
    """What one hub remembers of one database: at most so many counts."""

    def __init__(self, extraction: Extraction, most: int = REMEMBERED) -> None:
        self._extraction, self._most = extraction, most
        self._counted: dict[Key, _Counted] = {}

    async def count(self, connection: asyncpg.Connection, query: Query) -> int | None:
        """How many match now; None for a query that is about more than tokens, or sees not all."""
        key = _key(query)
        if key is None:
            return None
        known = self._counted.pop(key, None)
        counted = None if known is None else await self._since(connection, key, known)
        if counted is None:
            counted = await _anew(connection, query)
        if counted.number >= WORTH and self._most:
            if len(self._counted) >= self._most:
                del self._counted[next(iter(self._counted))]
            self._counted[key] = counted
        return counted.number

    async def _since(self, connection: asyncpg.Connection, key: Key, known: _Counted) -> _Counted | None:
        """None if too much was written, or what was before is not clear."""
        name, tokens = key
        arguments = [known.snapshot, known.since, *map(list, tokens)]
        found = await connection.fetchrow(_since_sql(name, len(tokens)), *arguments)
        assert found is not None
        too_much = found["looked"] > MOST_WRITTEN or found["altered"] > MOST_CHANGED
        if too_much or found["unclear"] or found["version"] != known.version:
            return None
        lost = self._having(found["bodies"], tokens)
        number = known.number + found["gained"] - lost
        return _Counted(number, found["snapshot"], found["version"], found["since"])

    def _having(self, bodies: Iterable[bytes], tokens: Sequence[Sequence[int]]) -> int:
        rows = (frozenset(self._extraction.row(loads(unpack(body))).tokens) for body in bodies)
        return sum(all(not row.isdisjoint(wanted) for wanted in tokens) for row in rows)


def _key(query: Query) -> Key | None:
    tokens = tuple(each.hashes for each in query.criteria if isinstance(each, Tokens))
    if query.allowed is not None or len(tokens) < len(query.criteria):
        return None
    return query.resource_type, tokens


async def _anew(connection: asyncpg.Connection, query: Query) -> _Counted:
    b = Builder(rows_of, None)
    counted = statement.count(b, statement.plan_of(query, None, 0))
    tables = f"{b.with_clause()}\n" if b.tables else ""
    found = await connection.fetchrow(f"{tables}SELECT ({counted}) AS number, {MOMENT}", *b.arguments)
    assert found is not None
    return _Counted(found["number"], found["snapshot"], found["version"], found["since"])


def _since_sql(name: str, criteria: int) -> str:
    has = " AND ".join(f"i.tokens && ${n + 3}::bigint[]" for n in range(criteria)) or "true"
    return SINCE.format(
        has=has,
        type=type_number(name),
        most=MOST_WRITTEN,
        changed=MOST_CHANGED,
        moment=MOMENT,
        row_since=WRITTEN_SINCE.format("r"),
        version_since=WRITTEN_SINCE.format("h"),
    )
