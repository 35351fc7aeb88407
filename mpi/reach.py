"""Which patient keys a patient key reaches: what a query about one patient has to look under.

Links, merges and replacements are walked when they change, which is seldom, and not by every search: the
walk costs a search 0.2 ms and more, reading its result one index probe.
"""

from collections.abc import Collection
from typing import Final

from mpi.keys import patient_key
from mpi.rows import Connection

# Every patient key to look under when a query names the patients {keys} (an expression of type uuid[]):
# the keys themselves; for an enterprise Patient all that is linked to it, to identities it replaced, and what
# was merged into those; for an identity that was given up, the same of the one that stands for it; for a
# hospital's Patient those merged into it. A key of no patient comes back alone. No key comes back twice.
#
#     keys = PATIENT_KEYS.format(keys="$1::uuid[]")
#     sql = f"SELECT … FROM resource_index WHERE patient = ANY (ARRAY({keys}))"
#
# As ARRAY(…) it is computed once before the scan, and the scan can use btree(patient, …).
PATIENT_KEYS: Final = """
SELECT unnest({keys}) AS patient_key
UNION
SELECT unnest(members) FROM mpi_reach WHERE patient_key = ANY({keys})
"""

# Walk up from the persons to those that stand for them, down to all they replaced, and on to their records.
# What was merged into a record is linked to the record's person, so links name all records.
SPREAD = """
WITH RECURSIVE survivor AS (
    SELECT person, replaced_by FROM mpi_person WHERE person = ANY($1::bigint[])
    UNION
    SELECT p.person, p.replaced_by FROM survivor s JOIN mpi_person p ON p.person = s.replaced_by
), family AS (
    SELECT person AS root, person FROM survivor WHERE replaced_by IS NULL
    UNION
    SELECT f.root, p.person FROM family f JOIN mpi_person p ON p.replaced_by = f.person
), holding AS (
    SELECT f.root, r.record, r.patient_key, r.merged_into
    FROM family f
    JOIN mpi_link l ON l.person = f.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
    JOIN mpi_record r ON r.record = l.record
), identity AS (
    SELECT f.root, p.patient_key FROM family f JOIN mpi_person p ON p.person = f.person
), below AS (
    SELECT merged_into AS head, record, patient_key FROM holding WHERE merged_into IS NOT NULL
    UNION
    SELECT h.merged_into, b.record, b.patient_key
    FROM below b JOIN holding h ON h.record = b.head WHERE h.merged_into IS NOT NULL
), reached AS (
    SELECT i.patient_key, m.patient_key AS member
    FROM identity i
    JOIN (SELECT root, patient_key FROM holding UNION ALL SELECT root, patient_key FROM identity) m
      ON m.root = i.root AND m.patient_key <> i.patient_key
    UNION ALL
    SELECT h.patient_key, b.patient_key FROM below b JOIN holding h ON h.record = b.head
), kept AS (
    INSERT INTO mpi_reach (patient_key, members)
    SELECT patient_key, array_agg(member ORDER BY member) FROM reached GROUP BY patient_key
    ON CONFLICT (patient_key) DO UPDATE SET members = excluded.members
    WHERE mpi_reach.members <> excluded.members
)
DELETE FROM mpi_reach
WHERE patient_key = ANY (ARRAY(
    SELECT patient_key FROM holding UNION ALL SELECT patient_key FROM identity
    EXCEPT
    SELECT patient_key FROM reached
))
"""


# One more record under a person; tells whether the person has replaced others, which reach it too.
JOIN = """
INSERT INTO mpi_reach (patient_key, members)
SELECT patient_key, ARRAY[$2::uuid] FROM mpi_person WHERE person = $1
ON CONFLICT (patient_key) DO UPDATE SET members = mpi_reach.members || excluded.members
RETURNING EXISTS (SELECT FROM mpi_person WHERE replaced_by = $1)
"""


async def join(connection: Connection, person: int, patient_id: str) -> None:
    """A new record, merged into none, belongs to the person: `spread` for the commonest change."""
    if await connection.fetchval(JOIN, person, patient_key(patient_id)):
        await spread(connection, {person})


async def spread(connection: Connection, persons: Collection[int]) -> None:
    """Work out again what is reached from these persons, their records and all identities they replaced."""
    await connection.execute(SPREAD, sorted(persons))
