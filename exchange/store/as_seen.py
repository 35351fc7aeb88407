"""Writes decided by what was seen without a lock: one statement, which needs no transaction around it.

https://www.postgresql.org/docs/18/mvcc-serialization-failure-handling.html

It takes the locks of criteria first, then tells the patient index, whose locks it takes in their order, then
stores. Whatever is not as it was seen makes it fail as a whole.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from exchange.store import statements
from exchange.store.aside import aside
from exchange.store.batch import Change, Way, Write, rendered, statement
from exchange.store.connection import Connection, Row
from exchange.store.transact import Written, as_changed, decided, to_millisecond

# See migration 0026.
AS_FOUND: Final = """
found AS MATERIALIZED (
    SELECT require_as_seen(identified_as_found(
        {criteria_locks:bigint}, {criteria_alone:boolean}, {asked:integer}, {asked_types:smallint},
        {asked_params:smallint}, {asked_systems:text}, {asked_numbers:text}, {found:text}
    )) AS done
)"""
NOTHING_FOUND: Final = """
found AS MATERIALIZED (SELECT true AS done)"""

# See migration 0024.
TOLD: Final = """
told AS MATERIALIZED (
    SELECT require_as_seen(mpi_tell(
        {locks:bigint}, {seen:bigint}, {sought:bigint}, {oversized}::integer, {witness}::bigint,
        {records:bigint}, {patient_ids:text}, {patient_keys:uuid}, {sources:text}, {local_ids:text},
        {facts:text}, {texts}::bytea[], {actives:boolean}, {version}::smallint, {instant}::timestamptz,
        {persons:bigint}, {person_keys:uuid}, {rules:text}, {models:text}, {weights:float8},
        {fresh:bigint}, {fresh_ids:text}, {fresh_keys:uuid}, {key_records:bigint}, {keys:bigint},
        {key_rules:smallint},
        {known:bigint}, {known_sources:text}, {known_local_ids:text}, {known_facts:text},
        {known_texts}::bytea[], {known_actives:boolean}, {known_key_records:bigint}, {known_keys:bigint},
        {known_key_rules:smallint}
    )) AS done
    FROM found WHERE found.done
)"""
NOTHING_TOLD: Final = """
told AS MATERIALIZED (SELECT done FROM found)"""

# New resources, after what is told.
GIVEN: Final = statements.CREATED.replace("FROM unnest(", "FROM told CROSS JOIN unnest(")

# Of the resources to be changed those that are still of the version seen.
CHANGED: Final = statements.CHANGED.replace(
    "WHERE r.rid = c.rid\n)", "WHERE r.rid = c.rid AND r.version = c.version - 1\n    RETURNING r.rid\n)"
)

AS_TOLD: Final = """
SELECT done FROM told"""

AS_SEEN: Final = """
SELECT require_as_seen((SELECT count(*) FROM changed) = cardinality({changed_rid:bigint}))
FROM told WHERE told.done"""


async def store_as_seen(
    connection: Connection,
    writes: Sequence[Write],
    stored: Mapping[tuple[str, str], Row],
    instant: datetime,
    told: Mapping[str, Any],
    found: Mapping[str, Any],
) -> list[Written]:
    """Write all or none; the answers are in the order of the writes, of which none conflicts with what is
    `stored`: `rid`, `version`, `updated` and `body`, by type and id. `told` are the arguments of `mpi_tell`,
    if there is something to tell, `found` those of `identified_as_found`, if criteria led to a write. Raises
    SerializationError or UniqueViolationError for what was seen otherwise."""
    updated = to_millisecond(instant)
    fresh: list[Write] = []
    changed: list[Change] = []
    outcomes = []
    for write in writes:
        there = stored.get((write.type, write.id))
        match decided(write, there):
            case Written() as outcome:
                pass
            case Change() as change:
                assert there is not None
                changed.append(change)
                outcome = as_changed(change, there, updated)
            case None:
                fresh.append(write)
                outcome = Written("created", 1, updated, rendered(write, 1, updated))
        outcomes.append(outcome)
    if fresh or changed or told:
        current = {
            (write.type, write.id): each.body or b"" for write, each in zip(writes, outcomes, strict=True)
        }
        bodies = [current[each.type, each.id] for each in (*fresh, *(change.write for change in changed))]
        end = AS_SEEN if changed else AS_TOLD
        first = (AS_FOUND if found else NOTHING_FOUND, TOLD if told else NOTHING_TOLD)
        way, given = Way(first, GIVEN, CHANGED, end, end), {**told, **found}
        sql, arguments = await aside(bodies, partial(statement, fresh, changed, updated, bodies, way, given))
        await connection.fetch(sql, *arguments)
    return outcomes
