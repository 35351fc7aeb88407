"""A hospital's merge of two of its records (HL7 v2 A40, ITI-104 `replaced-by`), and its undoing.

The merge itself is always honoured, for the hospital knows its own patients; whatever speaks against it
becomes a question for a human. Nothing is lost: the loser keeps its row, its keys and its history.
"""

from datetime import datetime

from mpi.changes import Because, ask, move_links, record_merge, replace_empty
from mpi.decide import Cluster, Finding, conflicts
from mpi.models import active_scale
from mpi.normalisation.demographics import Demographics
from mpi.rows import Connection, Known, clusters, held, lock_persons, survivors, unit

# The record stands for itself again.
CLOSE_MERGE = """
WITH changed AS (UPDATE mpi_record SET merged_into = NULL WHERE record = $1)
UPDATE mpi_merge SET recorded_to = greatest($2, recorded_from), undone_by = $3, undone_reason = $4
WHERE loser = $1 AND recorded_to IS NULL
RETURNING loser_person, survivor_person, recorded_from
"""

# A person that hospital merges emptied stands for itself again.
REVIVE = """
UPDATE mpi_person p SET replaced_by = NULL, replaced = NULL
WHERE p.person = $1
  AND EXISTS (SELECT FROM mpi_merge m WHERE m.loser_person = p.person AND m.recorded_from = p.replaced)
"""

# Whoever stands for a person now.
STANDS_FOR = """
WITH RECURSIVE chain AS (
    SELECT person, replaced_by FROM mpi_person WHERE person = $1
    UNION
    SELECT p.person, p.replaced_by FROM chain c JOIN mpi_person p ON p.person = c.replaced_by
)
SELECT person FROM chain WHERE replaced_by IS NULL
"""

# Links that a merge at $3 made never held: the ones before it go on as if it had not been, under whoever
# stands for their person now ($2).
RESTORE_LINKS = """
WITH refuted AS (
    UPDATE mpi_link SET recorded_to = greatest($4, recorded_from)
    WHERE record = ANY($1::bigint[]) AND valid_from = $3 AND valid_to IS NULL AND recorded_to IS NULL
      AND person <> $2
    RETURNING link, record, recorded_to
), before AS (
    SELECT r.record, r.recorded_to AS instant, b.*
    FROM refuted r LEFT JOIN LATERAL (
        SELECT p.person, p.rule, p.model, p.match_weight, p.actor, p.reason, p.decision, p.valid_from
        FROM mpi_link p
        WHERE p.record = r.record AND p.recorded_to = $3 AND p.valid_to IS NULL AND p.link < r.link
        ORDER BY p.link DESC LIMIT 1
    ) b ON true
), past AS (
    UPDATE mpi_link p SET recorded_to = greatest(b.instant, p.recorded_from)
    FROM before b
    WHERE p.record = b.record AND p.person = b.person AND p.valid_to = $3 AND p.recorded_to IS NULL
)
INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, decision,
                      valid_from, recorded_from)
SELECT record, $2, coalesce(rule, $5), model, match_weight, coalesce(actor, $6), coalesce(reason, $7),
       decision, coalesce(valid_from, $3), instant
FROM before
"""


async def merge_records(
    connection: Connection,
    loser: str,
    survivor: str,
    demographics: Demographics,
    because: Because,
    instant: datetime,
) -> set[int]:
    """Merge a hospital's record into another, both known by FHIR id; the persons whose records changed.

    `demographics` are the loser's. A merge that already stands changes nothing; one that turns an
    older one round, or goes to another survivor, undoes the older one first.
    """
    touched: set[int] = set()
    lost, surviving = await _both(connection, loser, survivor)
    if lost.merged_into == surviving.record:
        return touched
    if lost.record in await survivors(connection, surviving.record):
        touched |= await unmerge_record(connection, survivor, because, instant)
    if lost.merged_into is not None:
        touched |= await unmerge_record(connection, loser, because, instant)
    lost, surviving = await _both(connection, loser, survivor)
    return touched | await _unite(connection, lost, surviving, demographics, because, instant)


async def unmerge_record(connection: Connection, loser: str, because: Because, instant: datetime) -> set[int]:
    """Undo the merge of a record: it stands for itself, and it and what was merged into it go back to the
    person it had before (or whoever stands for that one now)."""
    (lost,), _ = await held(connection, (loser,))
    if lost is None or lost.merged_into is None:
        return set()
    closed = await connection.fetchrow(CLOSE_MERGE, lost.record, instant, because.actor, because.reason)
    assert closed is not None
    before = closed["loser_person"]
    if before == closed["survivor_person"]:
        return {lost.person}
    await lock_persons(connection, [before])
    await connection.execute(REVIVE, before)
    target: int = await connection.fetchval(STANDS_FOR, before)
    await lock_persons(connection, [target])
    records = await unit(connection, lost.record)
    await connection.execute(
        RESTORE_LINKS,
        records,
        target,
        closed["recorded_from"],
        instant,
        because.rule,
        because.actor,
        because.reason,
    )
    await move_links(connection, records, target, because, instant)
    await replace_empty(connection, [lost.person], target, instant)
    return {before, target, lost.person}


async def _both(connection: Connection, loser: str, survivor: str) -> tuple[Known, Known]:
    (lost, surviving), _ = await held(connection, (loser, survivor))
    if lost is None or surviving is None:
        raise LookupError("a merge needs two known records")
    return lost, surviving


async def _unite(
    connection: Connection,
    lost: Known,
    surviving: Known,
    demographics: Demographics,
    because: Because,
    instant: datetime,
) -> set[int]:
    persons = (lost.person, surviving.person)
    await record_merge(connection, lost.record, surviving.record, persons, because, instant)
    if lost.person == surviving.person:
        return {lost.person}
    moving = await unit(connection, lost.record)
    around = {cluster.person: cluster for cluster in await clusters(connection, persons, lost.record)}
    _, by = await active_scale(connection)
    against = conflicts(demographics, around[surviving.person], by)
    await move_links(connection, moving, surviving.person, because, instant)
    await replace_empty(connection, [lost.person], surviving.person, instant)
    left = _left(around[lost.person], moving)
    if against:
        await ask(connection, "merge-conflict", lost.record, persons, against, instant)
    if left:
        await ask(connection, "merge-left-records", lost.record, persons, left, instant)
    return set(persons)


def _left(cluster: Cluster, moving: list[int]) -> list[Finding]:
    """The records that stay behind under the loser's person."""
    stay = (member.record for member in cluster.members if member.record not in moving)
    return [Finding(cluster.person, record, (), ()) for record in stay]
