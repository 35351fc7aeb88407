"""What is read from the patient index, and the locks that keep it true. Named SQL.

Every function takes an open connection inside the caller's transaction (READ COMMITTED) and never commits.
Keys are locked first, then persons; both sorted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg

from mpi.blocking import OVERSIZED, Key
from mpi.decide import Cluster, Member
from mpi.keys import patient_key
from mpi.normalisation.demographics import demographics_from_json

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class Row(Protocol):
    """What was read, by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Known:
    """A record as stored, with the person it is linked to. `survivor`: FHIR id of the record it went into."""

    record: int
    person: int
    enterprise_id: str
    rule: str
    shown: bytes = field(repr=False)
    active: bool
    normalisation: int
    merged_into: int | None
    survivor: str | None


# A record, its current person and its survivor, by the key of the hospital's patient.
KNOWN = """
SELECT r.record, l.person, p.enterprise_id, l.rule, r.shown, r.active, r.normalisation, r.merged_into,
       s.patient_id AS survivor
FROM mpi_record r
JOIN mpi_link l ON l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
JOIN mpi_person p ON p.person = l.person
LEFT JOIN mpi_record s ON s.record = r.merged_into
WHERE r.patient_key = ANY($1::uuid[])
"""

KNOWN_BY_KEY = KNOWN.replace("SELECT r.record", "SELECT r.patient_key, r.record")

# unnest keeps the order of the array, so everybody takes the locks in the same order.
LOCK_KEYS = "SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k"

# The same, and then the persons that share one of the keys $2 or have one of the patients $3, as they are
# seen before: who looks at them later locks hardly any more, so two that tell of several do not deadlock.
LOCK_AROUND = """
WITH locked AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock(k)) AS keys FROM unnest($1::bigint[]) AS k
), near AS MATERIALIZED (
    SELECT DISTINCT l.person
    FROM (
        SELECT f.record FROM locked CROSS JOIN unnest($2::bigint[]) AS w (key)
        CROSS JOIN LATERAL (SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT $4) f
        UNION
        SELECT r.record FROM locked JOIN mpi_record r ON r.patient_key = ANY($3::uuid[])
    ) n
    CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                        WHERE l.record = n.record AND l.valid_to IS NULL AND l.recorded_to IS NULL OFFSET 0) l
)
SELECT FROM mpi_person WHERE person = ANY (ARRAY(SELECT person FROM near)) ORDER BY person FOR NO KEY UPDATE
"""

# Persons are not deleted and their keys do not change: this lock lets links to them be inserted.
LOCK_PERSONS = (
    "SELECT person FROM mpi_person WHERE person = ANY($1::bigint[]) ORDER BY person FOR NO KEY UPDATE"
)

# The persons that hold a record with one of these keys. Fenced (OFFSET 0), so that it begins with the keys.
CANDIDATES = """
SELECT DISTINCT l.person
FROM (SELECT DISTINCT record FROM mpi_key WHERE key = ANY($1::bigint[]) OFFSET 0) k
CROSS JOIN LATERAL (
    SELECT person FROM mpi_link
    WHERE record = k.record AND valid_to IS NULL AND recorded_to IS NULL OFFSET 0
) l
"""

# Every record of these persons; forbidden are those that must not be linked with record $2.
MEMBERS = """
SELECT l.person, r.record, r.demographics::text AS demographics, r.merged_into IS NOT NULL AS merged,
       l.actor <> 'hub' AS settled, l.rule = 'review' AS asked,
       EXISTS (SELECT FROM mpi_do_not_link d WHERE d.recorded_to IS NULL
               AND d.low = least(r.record, $2) AND d.high = greatest(r.record, $2)) AS forbidden
FROM mpi_link l
JOIN mpi_record r ON r.record = l.record
WHERE l.person = ANY($1::bigint[]) AND l.valid_to IS NULL AND l.recorded_to IS NULL
ORDER BY l.person, r.record
"""

# A record and all that were merged into it, whoever did it and when.
UNIT = """
WITH RECURSIVE unit AS (
    SELECT $1::bigint AS record
    UNION
    SELECT r.record FROM unit u JOIN mpi_record r ON r.merged_into = u.record
)
SELECT record FROM unit ORDER BY record
"""

# The chain of survivors above a record, itself included.
SURVIVORS = """
WITH RECURSIVE chain AS (
    SELECT record, merged_into FROM mpi_record WHERE record = $1
    UNION
    SELECT r.record, r.merged_into FROM chain c JOIN mpi_record r ON r.record = c.merged_into
)
SELECT record FROM chain
"""

NUMBERS = "SELECT person FROM mpi_person WHERE enterprise_id = ANY($1::text[])"

ENTERPRISE_IDS = "SELECT person, enterprise_id FROM mpi_person WHERE person = ANY($1::bigint[])"


async def known(connection: Connection, patient_id: str) -> Known | None:
    """The record of a hospital's patient, or None if nobody has told of it."""
    row = await connection.fetchrow(KNOWN, [patient_key(patient_id)])
    return Known(*row) if row else None


async def known_all(connection: Connection, patient_ids: Sequence[str]) -> list[Known | None]:
    """The records of these patients, in order."""
    rows = await connection.fetch(KNOWN_BY_KEY, [patient_key(patient_id) for patient_id in patient_ids])
    found = {row["patient_key"]: Known(*tuple(row)[1:]) for row in rows}
    return [found.get(patient_key(patient_id)) for patient_id in patient_ids]


def locks_of(patient_ids: Iterable[str], keys: Iterable[int]) -> list[int]:
    """The numbers of the locks on these patients and keys, in the one order in which they are taken."""
    own = {patient_key(patient_id).int & 0xFFFF_FFFF_FFFF_FFFF for patient_id in patient_ids}
    return sorted({number - (1 << 64) if number >> 63 else number for number in own}.union(keys))


async def lock_keys(connection: Connection, patient_ids: Iterable[str], keys: Iterable[Key]) -> None:
    """Wait for every other transaction that tells of these patients or has one of these keys."""
    await connection.execute(LOCK_KEYS, locks_of(patient_ids, (key.key for key in keys)))


async def lock_around(connection: Connection, patient_ids: Collection[str], keys: Iterable[Key]) -> None:
    """`lock_keys`, and the persons that these patients have to do with."""
    sought = sorted({key.key for key in keys})
    patients = [patient_key(patient_id) for patient_id in patient_ids]
    await connection.execute(LOCK_AROUND, locks_of(patient_ids, sought), sought, patients, OVERSIZED)


async def lock_persons(connection: Connection, persons: Collection[int]) -> None:
    """Wait for every other transaction that changes which records these persons have."""
    await connection.execute(LOCK_PERSONS, sorted(persons))


async def held(
    connection: Connection, patient_ids: Collection[str], keys: Sequence[Key] = ()
) -> tuple[list[Known | None], set[int]]:
    """The records of these patients, and the persons that have a record with one of these keys.

    All persons concerned are locked, and the answer is as they are under the lock: no link of theirs changes
    until the transaction ends. They are locked together, so that two transactions seldom deadlock.
    """
    locked: set[int] = set()
    while True:
        records = [await known(connection, patient_id) for patient_id in patient_ids]
        candidates = await _persons_with(connection, keys)
        concerned = candidates | {record.person for record in records if record is not None}
        if concerned <= locked:
            return records, candidates
        locked |= concerned
        await lock_persons(connection, locked)


async def _persons_with(connection: Connection, keys: Sequence[Key]) -> set[int]:
    rows = await connection.fetch(CANDIDATES, [key.key for key in keys]) if keys else []
    return {row["person"] for row in rows}


async def clusters(connection: Connection, persons: Collection[int], record: int | None) -> list[Cluster]:
    """The persons with their records, as seen from `record`."""
    members: dict[int, list[Member]] = {}
    if persons:
        for row in await connection.fetch(MEMBERS, sorted(persons), record):
            demographics = demographics_from_json(row["demographics"])
            told = (row[name] for name in ("forbidden", "merged", "settled", "asked"))
            members.setdefault(row["person"], []).append(Member(row["record"], demographics, *told))
    return [Cluster(person, tuple(found)) for person, found in members.items()]


async def unit(connection: Connection, record: int) -> list[int]:
    """The record and every record that was merged into it."""
    return [row["record"] for row in await connection.fetch(UNIT, record)]


async def survivors(connection: Connection, record: int) -> set[int]:
    """The record and every record above it."""
    return {row["record"] for row in await connection.fetch(SURVIVORS, record)}


async def enterprise_ids(connection: Connection, persons: Collection[int]) -> dict[int, str]:
    rows = await connection.fetch(ENTERPRISE_IDS, sorted(persons))
    return {row["person"]: row["enterprise_id"] for row in rows}


async def numbers(connection: Connection, names: Collection[str]) -> set[int]:
    """The persons of these enterprise ids."""
    return {row["person"] for row in await connection.fetch(NUMBERS, sorted(names))}
