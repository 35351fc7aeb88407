"""What was decided becomes the index, in one transaction: whole tables first, then their indexes. Named SQL.

https://www.postgresql.org/docs/18/populate.html
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Final

from mpi.first_load import keys
from mpi.normalisation.demographics import NORMALISATION
from mpi.plans import TABLES
from mpi.rows import Connection

# Nobody else tells of patients meanwhile; who does now is waited for.
LOCK: Final = f"LOCK TABLE {', '.join(TABLES)} IN ACCESS EXCLUSIVE MODE"
IN_USE: Final = "SELECT EXISTS (SELECT FROM mpi_record) OR EXISTS (SELECT FROM mpi_person)"

# All but the keys (`mpi.first_load.keys`).
PLACED: Final = tuple(table for table in TABLES if table != "mpi_key")
# Foreign keys and what is unique, but for the keys that other tables refer to: those grow with the rows,
# in order. Foreign keys go first and come back last.
CONSTRAINTS: Final = """
SELECT c.conrelid::regclass::text AS place, c.conname AS name, pg_get_constraintdef(c.oid) AS definition
FROM pg_constraint c
WHERE c.conrelid::regclass::text = ANY($1::text[]) AND c.contype IN ('f', 'u', 'p')
  AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.contype = 'f' AND o.conindid = c.conindid
                  AND c.contype <> 'f')
ORDER BY c.contype <> 'f', 1, 2
"""
INDEXES: Final = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i
WHERE i.indrelid::regclass::text = ANY($1::text[])
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY 1
"""
MEMORY: Final = "SET LOCAL maintenance_work_mem = '{megabytes}MB'"
WORK: Final = "SET LOCAL work_mem = '{megabytes}MB'"

# What was staged has been looked at before it was decided.
DECIDED: Final = "ANALYZE mpi_staged_link, mpi_staged_person"

# Numbers of records and persons begin at 1, as the decisions have them: the index is empty.
RECORDS: Final = """
INSERT INTO mpi_record (record, patient_id, patient_key, source, local_id, demographics, normalisation, shown,
                        active, created, updated)
SELECT l.record, s.patient_id, s.patient_key, s.source, s.local_id, s.demographics::json, $1, s.shown,
       s.active, $2::timestamptz, $2::timestamptz
FROM mpi_staged s JOIN mpi_staged_link l USING (number)
"""
PERSONS: Final = """
INSERT INTO mpi_person (person, enterprise_id, patient_key, created)
SELECT person, enterprise_id, patient_key, $1 FROM mpi_staged_person ORDER BY person
"""
LINKS: Final = """
INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, valid_from, recorded_from)
SELECT record, person, rule, CASE WHEN rule = 'demographics' THEN $1::text END, match_weight, 'hub', reason,
       $2::timestamptz, $2::timestamptz
FROM mpi_staged_link ORDER BY record
"""
REACH: Final = """
INSERT INTO mpi_reach (patient_key, members)
SELECT p.patient_key, array_agg(s.patient_key ORDER BY s.patient_key)
FROM mpi_staged_person p JOIN mpi_staged_link l USING (person) JOIN mpi_staged s USING (number)
GROUP BY p.patient_key
"""
REVIEWS: Final = """
INSERT INTO mpi_review (kind, record, persons, reasons, model, match_weight, probability, priority, created)
SELECT 'ambiguous', record, persons, reasons, NULL, match_weight, probability, priority, $1
FROM mpi_staged_review ORDER BY record
"""
NEXT: Final = """
SELECT setval('mpi_record_record_seq', greatest((SELECT max(record) FROM mpi_staged_link), 1)),
       setval('mpi_person_person_seq', greatest((SELECT max(person) FROM mpi_staged_link), 1))
"""
# What is left: the patients that are told of when all others are there.
LEFT: Final = (
    "CREATE TEMPORARY TABLE mpi_left ON COMMIT DROP AS SELECT * FROM mpi_staged WHERE later",
    "TRUNCATE mpi_staged, mpi_staged_link, mpi_staged_person, mpi_staged_review",
    "INSERT INTO mpi_staged SELECT * FROM mpi_left",
)


class InUse(Exception):
    """Somebody has told the index of patients meanwhile; load again to tell it of the others."""

    def __str__(self) -> str:
        return self.__doc__ or ""


async def in_use(connection: Connection) -> bool:
    found: bool = await connection.fetchval(IN_USE)
    return found


async def place(
    connection: Connection,
    model: str | None,
    instant: datetime,
    megabytes: int,
    filled: Callable[[], Awaitable[None]],
) -> AsyncIterator[str]:
    """Fill the empty index; says what is done next. Inside a transaction. `filled` waits for the keys.
    Raises InUse."""
    await connection.execute(LOCK)
    if await in_use(connection):
        raise InUse
    await connection.execute(MEMORY.format(megabytes=megabytes))
    await connection.execute(WORK.format(megabytes=max(megabytes // 4, 16)))
    constraints = await connection.fetch(CONSTRAINTS, PLACED)
    indexes = await connection.fetch(INDEXES, PLACED)
    for each in constraints:
        await connection.execute(f'ALTER TABLE {each["place"]} DROP CONSTRAINT "{each["name"]}"')
    for each in indexes:
        await connection.execute(f"DROP INDEX {each['name']}")
    await connection.execute(DECIDED)
    yield "placing records"
    await connection.execute(RECORDS, NORMALISATION, instant)
    yield "placing persons and links"
    await connection.execute(PERSONS, instant)
    await connection.execute(LINKS, model, instant)
    await connection.execute(REACH)
    await connection.execute(REVIEWS, instant)
    for each in indexes:
        yield f"indexing {each['name']}"
        await connection.execute(each["definition"])
    for each in reversed(constraints):
        yield f"indexing {each['name']}"
        await connection.execute(
            f'ALTER TABLE {each["place"]} ADD CONSTRAINT "{each["name"]}" {each["definition"]}'
        )
    await connection.execute(NEXT)
    yield "placing keys"
    await filled()
    await keys.replace(connection)
    for statement in LEFT:
        await connection.execute(statement)
