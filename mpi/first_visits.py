"""First visits: patients that nobody told of before, several at once, in two statements. Named SQL.

One statement locks the keys and the persons that share them and reads those persons; the decisions are made
here; another writes records, keys, persons, links and what they reach. Without a transaction the first
statement locks nothing, and the second one takes the locks, makes sure that what was read is still so, and
writes: two round trips in all. Questions and identities taken along are seldom and cost statements of their
own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import Record as Row

from mpi.asked import unasked
from mpi.blocking import OVERSIZED
from mpi.changes import Content, ask
from mpi.decide import Cluster, Decision, Member
from mpi.demographics import NORMALISATION, demographics_from_json, json_from_demographics
from mpi.keys import patient_key
from mpi.models import scale_of
from mpi.neighbourhood import Neighbourhood
from mpi.provisional import take
from mpi.reach import spread
from mpi.rows import Connection, locks_of

# One row for each record of a person that shares a key, and a first one (`record` is null) with what is said
# once: the active model, the witness (see migration 0021), the pairs of key and record, numbers for as many
# new records and persons as $3 says. $2: so many records under one key lead nowhere.
GLIMPSE: Final = """
WITH near AS MATERIALIZED (
    SELECT w.key, f.record FROM unnest($1::bigint[]) AS w (key)
    CROSS JOIN LATERAL (SELECT k.record FROM mpi_key k WHERE k.key = w.key LIMIT $2) f
), few AS MATERIALIZED (
    SELECT key, record FROM near
    WHERE key NOT IN (SELECT key FROM near GROUP BY key HAVING count(*) >= $2)
), persons AS MATERIALIZED (
    SELECT DISTINCT l.person
    FROM (SELECT DISTINCT record FROM few) n
    CROSS JOIN LATERAL (SELECT l.person FROM mpi_link l
                        WHERE l.record = n.record AND l.valid_to IS NULL AND l.recorded_to IS NULL OFFSET 0) l
), members AS MATERIALIZED (
    SELECT s.person, p.enterprise_id, l.link, l.record, l.actor <> 'hub' AS settled,
           l.rule = 'review' AS asked, r.demographics::text AS demographics, r.updated, r.merged_into,
           EXISTS (SELECT FROM mpi_person o WHERE o.replaced_by = s.person) AS replaces
    FROM persons s
    CROSS JOIN LATERAL (SELECT p.enterprise_id FROM mpi_person p WHERE p.person = s.person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT l.link, l.record, l.actor, l.rule FROM mpi_link l
                        WHERE l.person = s.person AND l.valid_to IS NULL AND l.recorded_to IS NULL
                        OFFSET 0) l
    CROSS JOIN LATERAL (SELECT r.demographics, r.updated, r.merged_into FROM mpi_record r
                        WHERE r.record = l.record OFFSET 0) r
)
SELECT NULL::bigint AS record, NULL::bigint AS person, NULL AS enterprise_id, NULL AS demographics,
       false AS merged, false AS settled, false AS asked, false AS replaces,
       (SELECT a.digest FROM mpi_activation a ORDER BY a.activation DESC LIMIT 1) AS model,
       (SELECT coalesce(bit_xor(hash_record_extended(ROW(link, updated, merged_into), 0)), 0)
        FROM members) AS witness,
       (SELECT array_agg(key) FROM few) AS under, (SELECT array_agg(record) FROM few) AS near,
       (SELECT array_agg(nextval('mpi_record_record_seq')) FROM generate_series(1, $3)) AS records,
       (SELECT array_agg(nextval('mpi_person_person_seq')) FROM generate_series(1, $3)) AS fresh
UNION ALL
SELECT record, person, enterprise_id, demographics, merged_into IS NOT NULL, settled, asked, replaces,
       NULL, NULL, NULL, NULL, NULL, NULL
FROM members
"""

# The same under locks, which stay until the transaction ends. See migration 0021.
MEET: Final = """
SELECT record, person, enterprise_id, demographics, merged, settled, asked, replaces, model, witness,
       under, near, records, fresh
FROM mpi_meet($1::bigint[], $2, $3, $4::bigint[])
"""

# See migration 0021. False if what was seen is not so any more.
REGISTER: Final = """
SELECT mpi_register($1::bigint[], $2::bigint[], $3::bigint[], $4, $5::bigint, $6::bigint[], $7::text[],
                    $8::uuid[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::boolean[],
                    $14::smallint, $15::timestamptz, $16::bigint[], $17::uuid[], $18::text[], $19::text[],
                    $20::float8[], $21::bigint[], $22::text[], $23::uuid[], $24::bigint[], $25::bigint[],
                    $26::smallint[])
"""

# Which of these patients somebody told of meanwhile.
TOLD: Final = "SELECT patient_id FROM mpi_record WHERE patient_key = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose a record is now, by enterprise id, and the enterprise ids whose Patient may look different."""

    enterprise_id: str
    affected: frozenset[str]
    decision: Decision


@dataclass(frozen=True, slots=True)
class Meeting:
    """Patients that come for the first time, with what was decided of each. `names` are the enterprise ids
    of the persons seen and of the new ones; `fresh` the new ones, in order."""

    contents: Sequence[Content]
    records: Sequence[int]
    persons: tuple[int, ...]
    decisions: tuple[Decision, ...]
    names: dict[int, str]
    fresh: tuple[int, ...]
    seen: frozenset[int]
    replacing: frozenset[int]
    witness: int | None
    model: str | None

    @property
    def is_one_statement(self) -> bool:
        """Whether nothing follows from the decisions but what `settle` writes in its one statement."""
        followed = any(each.review or each.taken for each in self.decisions)
        return not followed and self.replacing.isdisjoint(self.persons)


async def first_visits(
    connection: Connection, contents: Sequence[Content], instant: datetime, new_id: Callable[[], str]
) -> list[Arrival | None]:
    """Each patient's person, in order; None for one that somebody told of meanwhile."""
    coming = contents
    while coming:
        patient_ids, keys = _sought(coming)
        read = await connection.fetch(MEET, keys, OVERSIZED, len(coming), locks_of(patient_ids, keys))
        arrivals = await settle(connection, await _decided(connection, coming, read, new_id), instant)
        if arrivals is not None:
            found = dict(zip(patient_ids, arrivals, strict=True))
            return [found.get(content.patient_id) for content in contents]
        told = await connection.fetch(TOLD, [patient_key(patient_id) for patient_id in patient_ids])
        known = {row["patient_id"] for row in told}
        coming = [content for content in coming if content.patient_id not in known]
    return [None] * len(contents)


async def meet(connection: Connection, contents: Sequence[Content], new_id: Callable[[], str]) -> Meeting:
    """What is decided of these patients as the index is now; one statement, which locks nothing."""
    _, keys = _sought(contents)
    read = await connection.fetch(GLIMPSE, keys, OVERSIZED, len(contents))
    return await _decided(connection, contents, read, new_id)


def _sought(contents: Sequence[Content]) -> tuple[list[str], list[int]]:
    """Their ids, and all their keys, sorted."""
    keys = {key.key for content in contents for key in content.keys}
    return [content.patient_id for content in contents], sorted(keys)


async def _decided(
    connection: Connection, contents: Sequence[Content], read: Sequence[Row], new_id: Callable[[], str]
) -> Meeting:
    (said,), rows = [each for each in read if each[0] is None], [each for each in read if each[0] is not None]
    near = await _neighbourhood(connection, said, rows)
    names: dict[int, str] = {row["person"]: row["enterprise_id"] for row in rows}
    seen = frozenset(names)
    persons, decisions, fresh = [], [], []
    for content, record, new in zip(contents, said["records"], said["fresh"], strict=True):
        keys = [key.key for key in content.keys]
        person, decision = near.arrive(record, content.demographics, keys, new)
        if person == new:
            names[new] = new_id()
            fresh.append(new)
        persons.append(person)
        decisions.append(decision)
    replacing = frozenset(row["person"] for row in rows if row["replaces"])
    return Meeting(
        contents, said["records"], tuple(persons), tuple(decisions), names, tuple(fresh), seen, replacing,
        said["witness"], said["model"],
    )  # fmt: skip


async def settle(connection: Connection, meeting: Meeting, instant: datetime) -> list[Arrival | None] | None:
    """Writes what was decided; None, and nothing is written, if the index is not as it was seen. Needs a
    transaction around it unless the meeting is one statement."""
    if not await connection.fetchval(REGISTER, *_columns(meeting, instant)):
        return None
    if replaced := meeting.replacing.intersection(meeting.persons):
        await spread(connection, replaced)
    told: list[Arrival | None] = []
    for at, person in enumerate(meeting.persons):
        taken = await _follow(connection, meeting, at, instant)
        affected = frozenset(meeting.names[each] for each in (person, *taken))
        told.append(Arrival(meeting.names[person], affected, meeting.decisions[at]))
    return told


async def _neighbourhood(connection: Connection, said: Row, rows: Sequence[Row]) -> Neighbourhood:
    near = Neighbourhood(await scale_of(connection, said["model"]))
    members: dict[int, list[Member]] = {}
    whose: dict[int, int] = {}
    for row in rows:
        facts = demographics_from_json(row["demographics"])
        member = Member(row["record"], facts, False, row["merged"], row["settled"], row["asked"])
        members.setdefault(row["person"], []).append(member)
        whose[row["record"]] = row["person"]
    shared: dict[int, set[int]] = {person: set() for person in members}
    for key, record in zip(said["under"] or (), said["near"] or (), strict=True):
        if record in whose:  # else it belongs to nobody yet
            shared[whose[record]].add(key)
    for person, found in members.items():
        near.know(Cluster(person, tuple(found)), shared[person])
    return near


def _columns(meeting: Meeting, instant: datetime) -> Iterable[object]:
    contents, names = meeting.contents, meeting.names
    weighed = [decision.rule == "demographics" for decision in meeting.decisions]
    keys = [
        (record, key) for record, each in zip(meeting.records, contents, strict=True) for key in each.keys
    ]
    patient_ids, sought = _sought(contents)
    unlocked = meeting.witness is not None
    yield locks_of(patient_ids, sought) if unlocked else []
    yield sorted(meeting.seen) if unlocked else []
    yield sought if unlocked else []
    yield OVERSIZED
    yield meeting.witness
    yield meeting.records
    yield patient_ids
    yield [patient_key(patient_id) for patient_id in patient_ids]
    yield [content.source for content in contents]
    yield [content.local_id for content in contents]
    yield [json_from_demographics(content.demographics) for content in contents]
    yield [content.shown for content in contents]
    yield [content.active for content in contents]
    yield NORMALISATION
    yield instant
    yield meeting.persons
    yield [patient_key(names[person]) for person in meeting.persons]
    yield [decision.rule for decision in meeting.decisions]
    yield [meeting.model if one else None for one in weighed]
    yield [each.weight if one else None for each, one in zip(meeting.decisions, weighed, strict=True)]
    yield meeting.fresh
    yield [names[person] for person in meeting.fresh]
    yield [patient_key(names[person]) for person in meeting.fresh]
    yield [record for record, _ in keys]
    yield [key.key for _, key in keys]
    yield [int(key.rule) for _, key in keys]


async def _follow(connection: Connection, meeting: Meeting, at: int, instant: datetime) -> frozenset[int]:
    """Identities that the record takes along, and what a human is asked."""
    decision, person, record = meeting.decisions[at], meeting.persons[at], meeting.records[at]
    taken: frozenset[int] = frozenset()
    if decision.taken:
        patient_id = meeting.contents[at].patient_id
        taken = await take(connection, person, decision.taken, patient_id, instant)
    asked = {*decision.review, *decision.taken} - taken
    if decision.person is not None:
        asked = await unasked(connection, person, asked, decision.findings, record)
    if asked:
        await ask(connection, "ambiguous", record, asked | {person}, decision.findings, instant)
    return taken
