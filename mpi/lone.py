"""Known patients whose data have changed and whose new data name nobody else: several at once. Named SQL.

Most corrections are of this kind (a patient moved, or has another phone), and there is nothing to decide: the
record stays with its person, and what a human was asked about it is asked no longer. Every other correction
goes the long way (`mpi.revision.revise`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from mpi.changes import Content
from mpi.decisions import MANUAL
from mpi.demographics import NORMALISATION, json_from_demographics
from mpi.rows import Connection, Known, known_all, lock_persons

# The records that do not stand alone: another has their person, or one of their keys.
ACCOMPANIED: Final = """
SELECT g.at
FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS g (at, own, person)
CROSS JOIN LATERAL (
    SELECT FROM mpi_link
    WHERE person = g.person AND record <> g.own AND valid_to IS NULL AND recorded_to IS NULL LIMIT 1
) l
UNION
SELECT g.at
FROM unnest($4::integer[], $5::bigint[], $6::bigint[]) AS g (at, own, key)
CROSS JOIN LATERAL (SELECT FROM mpi_key WHERE key = g.key AND record <> g.own LIMIT 1) m
"""

# What the records hold from now on; the questions that their earlier content raised are answered.
CORRECT: Final = """
WITH changed AS (
    UPDATE mpi_record r
    SET source = g.source, local_id = g.local_id, demographics = g.demographics::json, normalisation = $7,
        shown = g.shown, active = g.active, updated = $8
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::boolean[])
        AS g (record, source, local_id, demographics, shown, active)
    WHERE r.record = g.record
), dropped AS (
    DELETE FROM mpi_key m
    WHERE m.record = ANY($1::bigint[])
      AND (m.record, m.key) NOT IN (SELECT * FROM unnest($9::bigint[], $10::bigint[]))
), answered AS (
    UPDATE mpi_review SET state = 'obsolete', decided = $8, decided_by = 'hub'
    WHERE record = ANY($1::bigint[]) AND state NOT IN ('decided', 'obsolete')
      AND kind IN ('ambiguous', 'inconsistent')
)
INSERT INTO mpi_key (record, key, rule)
SELECT * FROM unnest($9::bigint[], $10::bigint[], $11::smallint[])
ON CONFLICT DO NOTHING
"""


async def correct(
    connection: Connection, contents: Mapping[int, Content], persons: Mapping[int, int], instant: datetime
) -> dict[int, Known]:
    """Those of the records that stand alone, and hold their content now; the rest is left to the long way.
    `persons`: theirs, as far as they are known. The caller holds the locks on patients and keys."""
    keys = Counter(key.key for content in contents.values() for key in content.keys)
    apart = [at for at in contents if at in persons and all(keys[key.key] == 1 for key in contents[at].keys)]
    if not apart:
        return {}
    await lock_persons(connection, {persons[at] for at in apart})
    stored = await known_all(connection, [contents[at].patient_id for at in apart])
    asked = {
        at: known
        for at, known in zip(apart, stored, strict=True)
        if known and known.person == persons[at] and _is_to_be_corrected(known, contents[at])
    }
    for at in await _accompanied(connection, asked, contents):
        del asked[at]
    await _correct(connection, [(known.record, contents[at]) for at, known in asked.items()], instant)
    return asked


def _is_to_be_corrected(known: Known, content: Content) -> bool:
    """Whether somebody else was not before us, and no human and no hospital said whose the record is."""
    if known.merged_into is not None or known.rule == MANUAL:
        return False
    told = (content.shown, content.active, NORMALISATION)
    return (known.shown, known.active, known.normalisation) != told


async def _accompanied(
    connection: Connection, records: Mapping[int, Known], contents: Mapping[int, Content]
) -> list[int]:
    keys = [(at, known.record, key.key) for at, known in records.items() for key in contents[at].keys]
    rows = await connection.fetch(
        ACCOMPANIED,
        list(records),
        [known.record for known in records.values()],
        [known.person for known in records.values()],
        *([each[column] for each in keys] for column in range(3)),
    )
    return [at for (at,) in rows]


async def _correct(connection: Connection, told: Sequence[tuple[int, Content]], instant: datetime) -> None:
    if not told:
        return
    keys = [(record, key) for record, content in told for key in content.keys]
    await connection.execute(
        CORRECT,
        [record for record, _ in told],
        [content.source for _, content in told],
        [content.local_id for _, content in told],
        [json_from_demographics(content.demographics) for _, content in told],
        [content.shown for _, content in told],
        [content.active for _, content in told],
        NORMALISATION,
        instant,
        [record for record, _ in keys],
        [key.key for _, key in keys],
        [int(key.rule) for _, key in keys],
    )
