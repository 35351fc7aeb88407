"""The one statement that writes a batch: resources, superseded versions and index rows together.

https://www.postgresql.org/docs/18/queries-with.html#QUERIES-WITH-MODIFYING

It is put together from the fragments that the batch needs, and PostgreSQL prepares each combination once.
A fragment names its parameters `{name}`. Index rows say which resource of the batch they belong to by its
place (`at`, from 1): the new resources first, then the changed ones. A new resource that lost its place
to a concurrent writer has NULL there and gets no index rows.

`{name:type}` is an array that comes as its text (`exchange.store.arrays`). Bodies come one after the other in
one `bytea`, with the place and the size of each.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

PARAMETER = re.compile(r"\{([a-z_]+)(?::([a-z0-9]+))?\}")

# New resources under ids that nobody else can have: the statement fails if one is taken all the same.
CREATED = """
given AS MATERIALIZED (
    SELECT nextval('resource_rid') AS rid, g.type, g.id, g.at,
        substr({fresh_bodies}::bytea, g.start, g.size) AS body
    FROM unnest({fresh_type:smallint}, {fresh_id:text}, {fresh_start:integer}, {fresh_size:integer})
        WITH ORDINALITY AS g (type, id, start, size, at)
), fresh AS (
    INSERT INTO resource (rid, type, id, version, updated, body)
    SELECT rid, type, id, 1, {updated}::timestamptz, body FROM given
), new_place AS (
    SELECT array_agg(rid ORDER BY at) AS rids FROM given
)"""

# New resources; somebody may have created one since we looked, and then it stays as it is. The join, which
# plans badly because PostgreSQL does not know how long the arrays are, is for that rare case.
FRESH = """
given AS MATERIALIZED (
    SELECT nextval('resource_rid') AS rid, g.type, g.id, g.at,
        substr({fresh_bodies}::bytea, g.start, g.size) AS body
    FROM unnest({fresh_type:smallint}, {fresh_id:text}, {fresh_start:integer}, {fresh_size:integer})
        WITH ORDINALITY AS g (type, id, start, size, at)
), fresh AS (
    INSERT INTO resource (rid, type, id, version, updated, body)
    SELECT rid, type, id, 1, {updated}::timestamptz, body FROM given
    ON CONFLICT (type, id) DO NOTHING
    RETURNING rid
), new_place AS (
    SELECT CASE WHEN (SELECT count(*) FROM fresh) = cardinality(g.rids) THEN g.rids ELSE (
        SELECT array_agg(fresh.rid ORDER BY given.at) FROM given LEFT JOIN fresh USING (rid)
    ) END AS rids FROM (SELECT array_agg(rid ORDER BY at) AS rids FROM given) g
)"""

# Where the index rows go, when all are of new resources.
PLACE_FRESH = """
place AS MATERIALIZED (SELECT rids FROM new_place)"""

# Where the index rows go, when all are of changed resources.
PLACE_CHANGED = """
place AS MATERIALIZED (SELECT {changed_rid:bigint} AS rids)"""

# Where the index rows go, when some are of new and some of changed resources.
PLACE_BOTH = """
place AS MATERIALIZED (SELECT rids || {changed_rid:bigint} AS rids FROM new_place)"""

# The locked resources move their current version to the history and take the new one. A deletion is there
# already.
CHANGED = """
superseded AS (
    INSERT INTO history (rid, version, updated, body, type)
    SELECT rid, version, updated, body, type FROM resource
    WHERE rid = ANY({changed_rid:bigint}) AND body IS NOT NULL
), changed AS (
    UPDATE resource r SET version = c.version, updated = {updated}::timestamptz,
        body = substr({changed_bodies}::bytea, c.start, c.size)
    FROM unnest(
        {changed_rid:bigint}, {changed_version:integer}, {changed_start:integer}, {changed_size:integer}
    ) AS c (rid, version, start, size)
    WHERE r.rid = c.rid
)"""

# The index rows of the versions that are superseded.
STALE = """
stale_codes AS (DELETE FROM code_index WHERE rid = ANY({changed_rid:bigint})),
stale_compartments AS (DELETE FROM compartment_index WHERE rid = ANY({changed_rid:bigint})),
stale_identifiers AS (DELETE FROM identifier_index WHERE rid = ANY({changed_rid:bigint})),
stale_strings AS (DELETE FROM string_index WHERE rid = ANY({changed_rid:bigint})),
stale_dates AS (DELETE FROM date_index WHERE rid = ANY({changed_rid:bigint})),
stale_numbers AS (DELETE FROM number_index WHERE rid = ANY({changed_rid:bigint})),
stale_quantities AS (DELETE FROM quantity_index WHERE rid = ANY({changed_rid:bigint})),
stale_composites AS (DELETE FROM composite_index WHERE rid = ANY({changed_rid:bigint})),
stale_positions AS (DELETE FROM position_index WHERE rid = ANY({changed_rid:bigint}))"""

# The index rows of deleted resources; and the deletion itself, so that the history of a type finds it.
DELETED = """
deleted AS (DELETE FROM resource_index WHERE rid = ANY({deleted_rid:bigint})),
deletion AS (
    INSERT INTO history (rid, version, updated, type)
    SELECT rid, version + 1, {updated}::timestamptz, type FROM resource
    WHERE rid = ANY({deleted_rid:bigint})
)"""

# The rows of new resources. An array of arrays must be rectangular, so the tokens of a row come as one text.
NEW_ROWS = """
row AS (
    INSERT INTO resource_index (rid, type, ref, patient, ts, ts_end, updated, tokens)
    SELECT p.rids[i.at], i.type, i.ref, i.patient, i.ts, i.ts_end, {row_updated}::bigint,
        i.tokens::bigint[]
    FROM place p, unnest(
        {row_at:integer}, {row_type:smallint}, {row_ref:bigint}, {row_patient:uuid},
        {row_ts:bigint}, {row_ts_end:bigint}, {row_tokens:text}
    ) AS i (at, type, ref, patient, ts, ts_end, tokens)
    WHERE p.rids[i.at] IS NOT NULL
)"""

# The rows where some may be there already.
ROWS = f"""{NEW_ROWS.removesuffix(")").rstrip()}
    ON CONFLICT (rid) DO UPDATE SET patient = excluded.patient, ts = excluded.ts, ts_end = excluded.ts_end,
        updated = excluded.updated, tokens = excluded.tokens
)"""

# The rows of resources that are indexed again, as they stand.
REINDEXED = """
row AS (
    UPDATE resource_index r SET patient = i.patient, ts = i.ts, ts_end = i.ts_end, tokens = i.tokens::bigint[]
    FROM place p, unnest(
        {row_at:integer}, {row_patient:uuid}, {row_ts:bigint}, {row_ts_end:bigint}, {row_tokens:text}
    ) AS i (at, patient, ts, ts_end, tokens)
    WHERE r.rid = p.rids[i.at]
)"""

CODES = """
codes AS (
    INSERT INTO code_index (code, patient, ts, rid)
    SELECT i.code, i.patient, i.ts, p.rids[i.at]
    FROM place p, unnest({code_at:integer}, {code:bigint}, {code_patient:uuid}, {code_ts:bigint})
        AS i (at, code, patient, ts)
    WHERE p.rids[i.at] IS NOT NULL
)"""

COMPARTMENTS = """
compartments AS (
    INSERT INTO compartment_index (patient, rid)
    SELECT i.patient, p.rids[i.at]
    FROM place p, unnest({compartment_at:integer}, {compartment:uuid}) AS i (at, patient)
    WHERE p.rids[i.at] IS NOT NULL
)"""

IDENTIFIERS = """
identifiers AS (
    INSERT INTO identifier_index (param, system, value, rid)
    SELECT i.param, i.system, i.value, p.rids[i.at]
    FROM place p, unnest(
        {identifier_at:integer}, {identifier_param:smallint}, {identifier_system:text},
        {identifier_value:text}
    ) AS i (at, param, system, value)
    WHERE p.rids[i.at] IS NOT NULL
)"""

# An array of arrays must be rectangular, so the grams of one value come as one text.
STRINGS = """
strings AS (
    INSERT INTO string_index (param, value, exact, grams, rid)
    SELECT i.param, i.value, i.exact, string_to_array(i.grams, chr(1)), p.rids[i.at]
    FROM place p, unnest(
        {string_at:integer}, {string_param:smallint}, {string_value:text}, {string_exact:text},
        {string_grams:text}
    ) AS i (at, param, value, exact, grams)
    WHERE p.rids[i.at] IS NOT NULL
)"""

DATES = """
dates AS (
    INSERT INTO date_index (param, lo, hi, rid)
    SELECT i.param, i.lo, i.hi, p.rids[i.at]
    FROM place p, unnest(
        {date_at:integer}, {date_param:smallint}, {date_lo:bigint}, {date_hi:bigint}
    ) AS i (at, param, lo, hi)
    WHERE p.rids[i.at] IS NOT NULL
)"""

NUMBERS = """
numbers AS (
    INSERT INTO number_index (param, lo, hi, rid)
    SELECT i.param, i.lo, i.hi, p.rids[i.at]
    FROM place p, unnest(
        {number_at:integer}, {number_param:smallint}, {number_lo:float8}, {number_hi:float8}
    ) AS i (at, param, lo, hi)
    WHERE p.rids[i.at] IS NOT NULL
)"""

QUANTITIES = """
quantities AS (
    INSERT INTO quantity_index (param, unit, lo, hi, rid)
    SELECT i.param, i.unit, i.lo, i.hi, p.rids[i.at]
    FROM place p, unnest(
        {quantity_at:integer}, {quantity_param:smallint}, {quantity_unit:bigint},
        {quantity_lo:float8}, {quantity_hi:float8}
    ) AS i (at, param, unit, lo, hi)
    WHERE p.rids[i.at] IS NOT NULL
)"""

COMPOSITES = """
composites AS (
    INSERT INTO composite_index (param, key, unit, lo, hi, value, rid)
    SELECT i.param, i.key, i.unit, i.lo, i.hi, i.value, p.rids[i.at]
    FROM place p, unnest(
        {composite_at:integer}, {composite_param:smallint}, {composite_key:bigint}, {composite_unit:bigint},
        {composite_lo:float8}, {composite_hi:float8}, {composite_value:text}
    ) AS i (at, param, key, unit, lo, hi, value)
    WHERE p.rids[i.at] IS NOT NULL
)"""

POSITIONS = """
positions AS (
    INSERT INTO position_index (lat, lon, rid)
    SELECT i.lat, i.lon, p.rids[i.at]
    FROM place p, unnest({position_at:integer}, {position_lat:float8}, {position_lon:float8})
        AS i (at, lat, lon)
    WHERE p.rids[i.at] IS NOT NULL
)"""

# A unique index would make writers wait for each other, even for ever; a row that two wrote at once does no
# harm. An array of arrays must be rectangular, so the words of one text come as one text.
TEXTS = """
texts AS (
    INSERT INTO text_index (token, path, value, words)
    SELECT i.token, i.path, i.value, i.words::integer[]
    FROM unnest({text_token:bigint}, {text_path:bigint}, {text_value:text}, {text_words:text})
        AS i (token, path, value, words)
    WHERE NOT EXISTS (SELECT 1 FROM text_index t WHERE t.token = i.token)
)"""

# The new resources that lost their place.
LOST = """
SELECT l.at FROM place, unnest(place.rids) WITH ORDINALITY AS l (rid, at) WHERE l.rid IS NULL"""

NOTHING_LOST = """
SELECT 0 WHERE false"""


@dataclass(frozen=True, slots=True)
class Assembled:
    """The statement, the names of its parameters in order, and the element types of those that are arrays."""

    sql: str
    names: tuple[str, ...]
    arrays: Mapping[str, str]


@cache
def assembled(fragments: tuple[str, ...], end: str) -> Assembled:
    """The statement of these fragments."""
    names: dict[str, int] = {}
    arrays: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        name, type_ = match.groups()
        place = f"${names.setdefault(name, len(names) + 1)}"
        if not type_:
            return place
        arrays[name] = type_
        return f"{place}::text::{type_}[]"

    sql = PARAMETER.sub(number, "WITH" + ",".join(fragments) + end)
    return Assembled(sql, tuple(names), arrays)
