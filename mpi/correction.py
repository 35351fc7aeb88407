"""What humans decide about identities: link, split, unite, unmerge, keep apart. And what was believed when.

A human's decision outranks every rule: a record that one has linked or split off is moved by humans only.
Nothing is deleted, so each decision can be looked at and taken back. All functions work inside the caller's
transaction and never commit.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from mpi.changes import Because, insert_person, move_links, replace_empty
from mpi.enterprise_id import new_enterprise_id
from mpi.merging import unmerge_record
from mpi.reach import spread
from mpi.registration import MANUAL
from mpi.rows import Connection, Known, clusters, enterprise_ids, held, known, lock_persons, unit

# The identity and whoever stands for it now.
STANDING = """
WITH RECURSIVE chain AS (
    SELECT person, replaced_by FROM mpi_person WHERE enterprise_id = $1
    UNION
    SELECT p.person, p.replaced_by FROM chain c JOIN mpi_person p ON p.person = c.replaced_by
)
SELECT person FROM chain WHERE replaced_by IS NULL
"""

# Each pair once; a pair that is kept apart already stays as it is.
KEEP_APART = """
INSERT INTO mpi_do_not_link (low, high, actor, reason, recorded_from)
SELECT DISTINCT least(a, b), greatest(a, b), $3, $4, $5::timestamptz
FROM unnest($1::bigint[]) a, unnest($2::bigint[]) b WHERE a <> b
ON CONFLICT (low, high) WHERE recorded_to IS NULL DO NOTHING
"""

ALLOW = """
UPDATE mpi_do_not_link SET recorded_to = greatest($3, recorded_from)
WHERE recorded_to IS NULL AND ((low = ANY($1::bigint[]) AND high = ANY($2::bigint[]))
                               OR (low = ANY($2::bigint[]) AND high = ANY($1::bigint[])))
"""

# Whose records these were at $3, as the hub believed at $2.
RECORDS_AT = """
SELECT r.patient_id
FROM mpi_person p
JOIN mpi_link l ON l.person = p.person
JOIN mpi_record r ON r.record = l.record
WHERE p.enterprise_id = $1
  AND l.recorded_from <= $2 AND (l.recorded_to IS NULL OR l.recorded_to > $2)
  AND l.valid_from <= $3 AND (l.valid_to IS NULL OR l.valid_to > $3)
ORDER BY r.patient_id
"""


class UnknownIdentity(LookupError):
    """There is no such patient or enterprise identity."""


class NotPossible(ValueError):
    """The records are not in a state that allows this."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The identity that the records in question have now, and all whose Patient may look different."""

    enterprise_id: str
    affected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decided, when, and why."""

    actor: str
    reason: str
    instant: datetime

    @property
    def because(self) -> Because:
        return Because(MANUAL, self.actor, self.reason)


async def link(connection: Connection, patient_id: str, enterprise_id: str, by: Decider) -> Correction:
    """The hospital's patient is this person. What kept it apart from the person's records is lifted."""
    person = await _standing(connection, enterprise_id)
    (record,) = await _heads(connection, (patient_id,))
    await lock_persons(connection, {person, record.person})
    moving = await unit(connection, record.record)
    await _move(connection, moving, record.person, person, by)
    return await _done(connection, person, {person, record.person})


async def unite(connection: Connection, survivor: str, loser: str, by: Decider) -> Correction:
    """Two enterprise identities are one person; `loser` is replaced by `survivor`."""
    kept, lost = await _standing(connection, survivor), await _standing(connection, loser)
    await lock_persons(connection, {kept, lost})
    await _move(connection, await _records(connection, lost), lost, kept, by)
    return await _done(connection, kept, {kept, lost})


async def split(
    connection: Connection,
    patient_ids: Collection[str],
    by: Decider,
    new_id: Callable[[], str] = new_enterprise_id,
) -> Correction:
    """These patients of one person are somebody else: a new person, kept apart from the rest."""
    heads = await _heads(connection, patient_ids)
    persons = {record.person for record in heads}
    if len(persons) != 1:
        raise NotPossible("only records of one person can be split off together")
    (person,) = persons
    moving = {record for head in heads for record in await unit(connection, head.record)}
    staying = set(await _records(connection, person)) - moving
    if not staying:
        raise NotPossible("a person cannot be split from all its records")
    fresh = await insert_person(connection, new_id(), by.instant)
    await move_links(connection, sorted(moving), fresh, by.because, by.instant)
    await _keep_apart(connection, moving, staying, by)
    return await _done(connection, fresh, {person, fresh})


async def unmerge(connection: Connection, patient_id: str, by: Decider) -> Correction:
    """Undo a hospital's merge of this patient into another. Nothing happens if it is not merged."""
    touched = await unmerge_record(connection, patient_id, by.because, by.instant)
    record = await known(connection, patient_id)
    if record is None:
        raise UnknownIdentity(patient_id)
    return await _done(connection, record.person, touched)


async def do_not_link(connection: Connection, patient_id: str, other: str, by: Decider) -> None:
    """These two patients are two people, whatever they share. They must not be linked now: split first."""
    one, two = await _heads(connection, (patient_id, other))
    if one.person == two.person:
        raise NotPossible("the records belong to one person: split them")
    await _keep_apart(connection, [one.record], [two.record], by)


async def allow_link(connection: Connection, patient_id: str, other: str, by: Decider) -> None:
    """Take back `do_not_link`."""
    one, two = await _heads(connection, (patient_id, other))
    await connection.execute(ALLOW, [one.record], [two.record], by.instant)


async def records_at(
    connection: Connection, enterprise_id: str, believed: datetime, valid: datetime
) -> list[str]:
    """The patients that belonged to an identity at `valid`, as the hub believed at `believed`."""
    rows = await connection.fetch(RECORDS_AT, enterprise_id, believed, valid)
    return [row["patient_id"] for row in rows]


async def _standing(connection: Connection, enterprise_id: str) -> int:
    person: int | None = await connection.fetchval(STANDING, enterprise_id)
    if person is None:
        raise UnknownIdentity(enterprise_id)
    return person


async def _heads(connection: Connection, patient_ids: Collection[str]) -> list[Known]:
    """The records of these patients, locked; none may be merged into another."""
    found = []
    records, _ = await held(connection, patient_ids)
    for patient_id, record in zip(patient_ids, records, strict=True):
        if record is None:
            raise UnknownIdentity(patient_id)
        if record.merged_into is not None:
            raise NotPossible(f"{patient_id} is merged into {record.survivor}: unmerge it, or name that")
        found.append(record)
    return found


async def _records(connection: Connection, person: int) -> list[int]:
    return [
        member.record for cluster in await clusters(connection, [person], None) for member in cluster.members
    ]


async def _move(
    connection: Connection, moving: Collection[int], origin: int, person: int, by: Decider
) -> None:
    there = await _records(connection, person)
    await connection.execute(ALLOW, sorted(moving), there, by.instant)
    await move_links(connection, sorted(moving), person, by.because, by.instant)
    await replace_empty(connection, [origin], person, by.instant)


async def _keep_apart(
    connection: Connection, some: Iterable[int], others: Iterable[int], by: Decider
) -> None:
    await connection.execute(KEEP_APART, sorted(some), sorted(others), by.actor, by.reason, by.instant)


async def _done(connection: Connection, person: int, touched: Collection[int]) -> Correction:
    await spread(connection, touched)
    names = await enterprise_ids(connection, {person, *touched})
    return Correction(names[person], tuple(sorted(names[each] for each in touched)))
