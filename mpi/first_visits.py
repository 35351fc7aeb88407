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
from typing import Any, Final

from mpi.asked import unasked
from mpi.blocking import OVERSIZED
from mpi.changes import Content, ask
from mpi.decide import Decision
from mpi.keys import patient_key
from mpi.literals import octets, plain, texts
from mpi.meeting import Meeting, meet_locked, sought
from mpi.normalisation.demographics import NORMALISATION, json_from_demographics
from mpi.provisional import take
from mpi.reach import spread
from mpi.rows import Connection, locks_of

# See migration 0025. False if what was seen is not so any more.
SETTLE: Final = """
SELECT mpi_arrive($1::text::bigint[], $2::text::bigint[], $3, $4::bigint, $5::text, $6::text::bigint[],
                  $7::text::text[], $8::text::uuid[], $9::text::text[], $10::text::text[], $11::text::text[],
                  $12::text::bytea[], $13::text::boolean[], $14::smallint, $15::timestamptz,
                  $16::text::bigint[], $17::text::uuid[], $18::text::text[], $19::text::text[],
                  $20::text::float8[], $21::text::bigint[], $22::text::text[], $23::text::uuid[],
                  $24::text::bigint[], $25::text::bigint[], $26::text::smallint[])
"""

# How each column is written, from the records on; the version and the instant are no arrays.
_LITERALS: Final = (
    plain, texts, plain, texts, texts, texts, octets, plain, None, None, plain,
    plain, texts, texts, plain, plain, texts, plain, plain, plain, plain,
)  # fmt: skip

# Which of these patients somebody told of meanwhile.
TOLD: Final = "SELECT patient_id FROM mpi_record WHERE patient_key = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose a record is now, by enterprise id, and the enterprise ids whose Patient may look different."""

    enterprise_id: str
    affected: frozenset[str]
    decision: Decision


async def first_visits(
    connection: Connection, contents: Sequence[Content], instant: datetime, new_id: Callable[[], str]
) -> list[Arrival | None]:
    """Each patient's person, in order; None for one that somebody told of meanwhile."""
    coming = contents
    while coming:
        patient_ids, _ = sought(coming)
        arrivals = await settle(connection, await meet_locked(connection, coming, new_id), instant)
        if arrivals is not None:
            found = dict(zip(patient_ids, arrivals, strict=True))
            return [found.get(content.patient_id) for content in contents]
        told = await connection.fetch(TOLD, [patient_key(patient_id) for patient_id in patient_ids])
        known = {row["patient_id"] for row in told}
        coming = [content for content in coming if content.patient_id not in known]
    return [None] * len(contents)


async def settle(connection: Connection, meeting: Meeting, instant: datetime) -> list[Arrival] | None:
    """Writes what was decided; None, and nothing is written, if the index is not as it was seen. Needs a
    transaction around it unless the meeting is one statement."""
    if not await connection.fetchval(SETTLE, *_arguments(meeting, instant)):
        return None
    if replaced := meeting.replacing.intersection(meeting.persons):
        await spread(connection, replaced)
    told = []
    for at, person in enumerate(meeting.persons):
        taken = await _follow(connection, meeting, at, instant)
        affected = frozenset(meeting.names[each] for each in (person, *taken))
        told.append(Arrival(meeting.names[person], affected, meeting.decisions[at]))
    return told


def _arguments(meeting: Meeting, instant: datetime) -> Iterable[object]:
    """Of `SETTLE`."""
    locks, seen, _, oversized, witness, *written = columns(meeting, instant)
    yield from (plain(locks), plain(seen), oversized, witness, meeting.snapshot)
    for literal, values in zip(_LITERALS, written, strict=True):
        yield literal(values) if literal else values


def columns(meeting: Meeting, instant: datetime) -> Iterable[Any]:
    """The arguments of `mpi_settle` (migration 0023), in order."""
    contents, names = meeting.contents, meeting.names
    weighed = [decision.rule == "demographics" for decision in meeting.decisions]
    keys = [
        (record, key) for record, each in zip(meeting.records, contents, strict=True) for key in each.keys
    ]
    patient_ids, under = sought(contents)
    unlocked = meeting.witness is not None
    yield locks_of(patient_ids, under) if unlocked else []
    yield sorted(meeting.seen) if unlocked else []
    yield under if unlocked else []
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
