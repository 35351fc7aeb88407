"""What humans decide about identities: link, unlink, split, unite, unmerge, keep apart.

A human's decision outranks every rule: a record that one has linked or split off is moved by humans only.
Nothing is deleted; each decision is in the log (`mpi.decisions`) and can be taken back. All functions work
inside the caller's transaction and never commit.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from mpi.answered import drop_answered
from mpi.changes import Because, affirm_links, insert_person, move_links, replace_empty
from mpi.decisions import MANUAL, Noted, note, note_pairs, take_back
from mpi.enterprise_id import new_enterprise_id
from mpi.merging import unmerge_record
from mpi.reach import spread
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
RETURNING pair
"""

ALLOW = """
UPDATE mpi_do_not_link SET recorded_to = greatest($3, recorded_from)
WHERE recorded_to IS NULL AND ((low = ANY($1::bigint[]) AND high = ANY($2::bigint[]))
                               OR (low = ANY($2::bigint[]) AND high = ANY($1::bigint[])))
RETURNING pair
"""


class UnknownIdentity(LookupError):
    """There is no such hospital's patient, or no such enterprise identity; `meant` says which was asked
    for."""

    meant = "the patient of a hospital that it knows"


class UnknownPerson(UnknownIdentity):
    """There is no such enterprise identity."""

    meant = "an enterprise identity"


class NotPossible(ValueError):
    """The records are not in a state that allows this."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The identity that the records in question have now, all whose Patient may look different, and the
    decision's number in the log (None if nothing changed)."""

    enterprise_id: str
    affected: tuple[str, ...]
    decision: int | None = None


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decided, when, and why; `second` is who confirmed it, where two must."""

    actor: str
    reason: str
    instant: datetime
    second: str | None = None

    @property
    def because(self) -> Because:
        return Because(MANUAL, self.actor, self.reason)


async def link(connection: Connection, patient_id: str, enterprise_id: str, by: Decider) -> Correction:
    """The hospital's patient is this person. What kept it apart from the person's records is lifted."""
    person = await standing(connection, enterprise_id)
    (record,) = await heads(connection, (patient_id,))
    await lock_persons(connection, {person, record.person})
    moving = await unit(connection, record.record)
    return await _move(connection, Noted("link", person, record.person, moving), by)


async def unite(connection: Connection, survivor: str, loser: str, by: Decider) -> Correction:
    """Two enterprise identities are one person; `loser` is replaced by `survivor`."""
    kept, lost = await standing(connection, survivor), await standing(connection, loser)
    await lock_persons(connection, {kept, lost})
    if kept == lost:
        return await _done(connection, kept, {kept}, by)
    moving = await records_of(connection, lost)
    return await _move(connection, Noted("merge", kept, lost, moving), by)


async def split(
    connection: Connection,
    patient_ids: Collection[str],
    by: Decider,
    new_id: Callable[[], str] = new_enterprise_id,
) -> Correction:
    """These patients of one person are somebody else: a new person, kept apart from the rest."""
    found = await heads(connection, patient_ids)
    persons = {record.person for record in found}
    if len(persons) != 1:
        raise NotPossible("only records of one person can be split off together")
    (person,) = persons
    moving = {record for head in found for record in await unit(connection, head.record)}
    staying = set(await records_of(connection, person)) - moving
    if not staying:
        raise NotPossible("a person cannot be split from all its records")
    return await _leave(connection, Noted("split", None, person, sorted(moving)), staying, by, new_id)


async def unlink(
    connection: Connection,
    patient_id: str,
    other: str,
    by: Decider,
    new_id: Callable[[], str] = new_enterprise_id,
) -> Correction:
    """`patient_id` is not who `other` is: it leaves their person if they share one, and the two are kept
    apart; what it has in common with others is not judged."""
    one, two = await _pair(connection, patient_id, other)
    if one.person != two.person:
        return await do_not_link(connection, patient_id, other, by)
    moving = await unit(connection, one.record)
    return await _leave(connection, Noted("unlink", None, one.person, moving), {two.record}, by, new_id)


async def unmerge(connection: Connection, patient_id: str, by: Decider) -> Correction:
    """Undo a hospital's merge of this patient into another. Nothing happens if it is not merged."""
    touched = await unmerge_record(connection, patient_id, by.because, by.instant)
    record = await known(connection, patient_id)
    if record is None:
        raise UnknownIdentity(patient_id)
    return await _done(connection, record.person, touched, by)


async def undo(connection: Connection, decision: int, by: Decider) -> Correction:
    """Take a decision back. Raises UnknownDecision, NotInForce."""
    touched = await take_back(connection, decision, by.because, by.instant)
    names = await enterprise_ids(connection, touched)
    first = min(touched, default=0)
    return Correction(names.get(first, ""), tuple(sorted(names.values())), decision)


async def do_not_link(connection: Connection, patient_id: str, other: str, by: Decider) -> Correction:
    """These two patients are two people, whatever they share. They must not be linked now: split first."""
    one, two = await _pair(connection, patient_id, other)
    if one.person == two.person:
        raise NotPossible("the records belong to one person: split them")
    number = await _noted(connection, Noted("do-not-link", None, None, (one.record, two.record)), by)
    await _keep_apart(connection, number, [one.record], [two.record], by)
    await drop_answered(connection, {one.person, two.person}, by.instant)
    return await _done(connection, one.person, (), by, number)


async def allow_link(connection: Connection, patient_id: str, other: str, by: Decider) -> Correction:
    """Take back what keeps two patients apart."""
    one, two = await _pair(connection, patient_id, other)
    number = await _noted(connection, Noted("allow-link", None, None, (one.record, two.record)), by)
    await _allow(connection, number, [one.record], [two.record], by)
    return await _done(connection, one.person, (), by, number)


async def standing(connection: Connection, enterprise_id: str) -> int:
    """The person that stands for an enterprise identity. Raises UnknownPerson."""
    person: int | None = await connection.fetchval(STANDING, enterprise_id)
    if person is None:
        raise UnknownPerson(enterprise_id)
    return person


async def heads(connection: Connection, patient_ids: Collection[str]) -> list[Known]:
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


async def _pair(connection: Connection, patient_id: str, other: str) -> list[Known]:
    if patient_id == other:
        raise NotPossible("a patient cannot be parted from itself")
    return await heads(connection, (patient_id, other))


async def records_of(connection: Connection, person: int) -> list[int]:
    """The numbers of a person's records."""
    return [
        member.record for cluster in await clusters(connection, [person], None) for member in cluster.members
    ]


async def _move(connection: Connection, what: Noted, by: Decider) -> Correction:
    assert what.person is not None
    assert what.origin is not None
    if what.person == what.origin:
        # Already so: now a human says it too.
        there: list[int] = []
    else:
        there = await records_of(connection, what.person)
    number = await _noted(connection, what, by)
    await _allow(connection, number, what.records, there, by)
    because = replace(by.because, decision=number)
    change = affirm_links if what.person == what.origin else move_links
    await change(connection, list(what.records), what.person, because, by.instant)
    await replace_empty(connection, [what.origin], what.person, by.instant)
    return await _done(connection, what.person, {what.person, what.origin}, by, number)


async def _leave(
    connection: Connection,
    what: Noted,
    staying: Collection[int],
    by: Decider,
    new_id: Callable[[], str],
) -> Correction:
    assert what.origin is not None
    fresh = await insert_person(connection, new_id(), by.instant)
    number = await _noted(connection, replace(what, person=fresh), by)
    because = replace(by.because, decision=number)
    await move_links(connection, list(what.records), fresh, because, by.instant)
    await _keep_apart(connection, number, what.records, staying, by)
    return await _done(connection, fresh, {what.origin, fresh}, by, number)


async def _noted(connection: Connection, what: Noted, by: Decider) -> int:
    return await note(connection, what, by.because, by.instant, by.second)


async def _allow(
    connection: Connection, decision: int, some: Iterable[int], others: Iterable[int], by: Decider
) -> None:
    rows = await connection.fetch(ALLOW, sorted(some), sorted(others), by.instant)
    await note_pairs(connection, decision, [row["pair"] for row in rows], ())


async def _keep_apart(
    connection: Connection, decision: int, some: Iterable[int], others: Iterable[int], by: Decider
) -> None:
    rows = await connection.fetch(KEEP_APART, sorted(some), sorted(others), by.actor, by.reason, by.instant)
    await note_pairs(connection, decision, (), [row["pair"] for row in rows])


async def _done(
    connection: Connection, person: int, touched: Collection[int], by: Decider, decision: int | None = None
) -> Correction:
    if touched:
        await spread(connection, touched)
        await drop_answered(connection, touched, by.instant)
    names = await enterprise_ids(connection, {person, *touched})
    return Correction(names[person], tuple(sorted(names[each] for each in touched)), decision)
