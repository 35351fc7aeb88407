"""Pairs of records that humans judged: what the weights are estimated from anew. Named SQL.

One current judgement a pair; a later one closes it and keeps it as the past.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from mpi.correction import Decider
from mpi.normalisation.demographics import Demographics, demographics_from_json
from mpi.rows import Connection

KEEP = """
WITH told AS (
    SELECT DISTINCT least($1::bigint, o) AS low, greatest($1::bigint, o) AS high
    FROM unnest($2::bigint[]) o WHERE o <> $1::bigint
), closed AS (
    UPDATE mpi_label l SET recorded_to = greatest($4::timestamptz, l.recorded_from)
    FROM told t
    WHERE l.low = t.low AND l.high = t.high AND l.recorded_to IS NULL AND l.is_match <> $3::boolean
)
SELECT low, high FROM told
"""

INSERT = """
INSERT INTO mpi_label (low, high, is_match, actor, review, recorded_from)
SELECT low, high, $3, $4, $6::bigint, $5::timestamptz FROM unnest($1::bigint[], $2::bigint[]) AS t (low, high)
ON CONFLICT (low, high) WHERE recorded_to IS NULL DO NOTHING
"""

# Every pair that is judged now, with what both records said, as normalised.
PAIRS = """
SELECT l.is_match, l.actor, l.recorded_from, a.patient_id AS one_id, b.patient_id AS other_id,
       a.demographics::text AS one, b.demographics::text AS other
FROM mpi_label l
JOIN mpi_record a ON a.record = l.low
JOIN mpi_record b ON b.record = l.high
WHERE l.recorded_to IS NULL ORDER BY l.label
"""


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two records, and whether a human says that they are one person."""

    one_id: str
    other_id: str
    one: Demographics
    other: Demographics
    is_match: bool
    actor: str
    decided: datetime


async def keep_labels(
    connection: Connection,
    record: int,
    others: Iterable[int],
    is_match: bool,
    by: Decider,
    review: int | None = None,
) -> None:
    """The record is, or is not, the person of each of the others."""
    rows = await connection.fetch(KEEP, record, sorted(set(others)), is_match, by.instant)
    if rows:
        low, high = [row["low"] for row in rows], [row["high"] for row in rows]
        await connection.execute(INSERT, low, high, is_match, by.actor, by.instant, review)


async def labelled_pairs(connection: Connection) -> AsyncIterator[LabelledPair]:
    """Every current judgement, in the order they were made; needs a transaction."""
    async for row in connection.cursor(PAIRS):
        yield LabelledPair(
            row["one_id"],
            row["other_id"],
            demographics_from_json(row["one"]),
            demographics_from_json(row["other"]),
            row["is_match"],
            row["actor"],
            row["recorded_from"],
        )
