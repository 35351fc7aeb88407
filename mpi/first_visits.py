"""First visits: patients that nobody told of before, several at once, in two statements. Named SQL.

One statement locks the keys and the persons that share them and reads those persons; the decisions are made
here; another writes records, keys, persons, links and what they reach. Questions and identities taken along
are seldom and cost statements of their own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mpi.blocking import OVERSIZED
from mpi.changes import Content, ask
from mpi.decide import Cluster, Decision, Member
from mpi.demographics import NORMALISATION, demographics_from_json, json_from_demographics
from mpi.keys import patient_key
from mpi.models import active_scale, scale_of
from mpi.neighbourhood import Neighbourhood
from mpi.provisional import take
from mpi.reach import spread
from mpi.rows import Connection, locks_of

# See migration 0014.
NEIGHBOURS: Final = """
SELECT person, enterprise_id, shared, record, demographics, merged, settled, asked, model
FROM mpi_neighbours($1::bigint[], $2::bigint[], $3) ORDER BY person, record
"""

# Records that are not there yet, with their keys and first links; persons that are new for one of them. Tells
# whether the person has replaced others, which then reach the record too.
REGISTER: Final = """
WITH told AS (
    SELECT *
    FROM unnest($1::integer[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                $8::boolean[], $9::text[], $10::uuid[], $11::text[], $12::text[], $13::float8[])
    AS given (number, patient_id, patient_key, source, local_id, demographics, shown, active, enterprise_id,
              person_key, rule, model, match_weight)
), made AS (
    INSERT INTO mpi_record (patient_id, patient_key, source, local_id, demographics, normalisation, shown,
                            active, created, updated)
    SELECT patient_id, patient_key, source, local_id, demographics::jsonb, $14, shown, active,
           $15::timestamptz, $15::timestamptz
    FROM told ORDER BY number
    ON CONFLICT (patient_id) DO NOTHING RETURNING record, patient_id
), arrived AS (
    SELECT told.*, made.record FROM made JOIN told USING (patient_id)
), fresh AS (
    INSERT INTO mpi_person (enterprise_id, patient_key, created)
    SELECT DISTINCT enterprise_id, person_key, $15::timestamptz FROM arrived
    WHERE enterprise_id = ANY($16::text[])
    RETURNING person, enterprise_id
), whose AS (
    SELECT person, enterprise_id FROM fresh
    UNION ALL
    SELECT person, enterprise_id FROM mpi_person WHERE enterprise_id = ANY($9::text[])
), keys AS (
    INSERT INTO mpi_key (key, rule, record)
    SELECT key, given.rule, record
    FROM unnest($17::integer[], $18::bigint[], $19::smallint[]) AS given (number, key, rule)
    JOIN arrived USING (number)
), linked AS (
    INSERT INTO mpi_link (record, person, rule, model, match_weight, actor, reason, valid_from, recorded_from)
    SELECT record, person, rule, model, match_weight, 'hub', '', $15, $15
    FROM arrived JOIN whose USING (enterprise_id)
), reached AS (
    INSERT INTO mpi_reach (patient_key, members)
    SELECT person_key, array_agg(patient_key ORDER BY patient_key) FROM arrived GROUP BY person_key
    ON CONFLICT (patient_key) DO UPDATE SET members = mpi_reach.members || excluded.members
)
SELECT number, record, person,
       EXISTS (SELECT FROM mpi_person o WHERE o.replaced_by = whose.person) AS replaces
FROM arrived JOIN whose USING (enterprise_id) ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose a record is now, by enterprise id, and the enterprise ids whose Patient may look different."""

    enterprise_id: str
    affected: frozenset[str]
    decision: Decision


@dataclass(slots=True)
class _Round:
    """New persons and records have negative numbers until they are written: -1 is the first of the round."""

    near: Neighbourhood
    names: dict[int, str]
    model: str | None
    whose: list[int]
    decisions: list[Decision]


async def first_visits(
    connection: Connection, contents: Sequence[Content], instant: datetime, new_id: Callable[[], str]
) -> list[Arrival | None]:
    """Each patient's person, in order; None for one that somebody told of meanwhile."""
    known = await _around(connection, contents)
    for number, content in enumerate(contents, 1):
        keys = [key.key for key in content.keys]
        whose, decision = known.near.arrive(-number, content.demographics, keys, -number)
        if whose == -number:
            known.names[whose] = new_id()
        known.whose.append(whose)
        known.decisions.append(decision)
    rows = await connection.fetch(REGISTER, *_columns(contents, known, instant))
    written = {row["number"]: row for row in rows}
    persons = {known.whose[number]: row["person"] for number, row in written.items()}
    if replaced := {row["person"] for row in rows if row["replaces"]}:
        await spread(connection, replaced)
    numbers = {-number - 1: row["record"] for number, row in written.items()}
    told: list[Arrival | None] = []
    for number, content in enumerate(contents):
        if number not in written:
            told.append(None)
            continue
        decision = _real(known.decisions[number], persons, numbers)
        person, record = written[number]["person"], written[number]["record"]
        taken = await _follow(connection, content.patient_id, decision, person, record, instant)
        own = known.names[known.whose[number]]
        affected = {own} | {name for at, name in known.names.items() if persons.get(at, at) in taken}
        told.append(Arrival(own, frozenset(affected), decision))
    return told


async def _around(connection: Connection, contents: Sequence[Content]) -> _Round:
    keys = sorted({key.key for content in contents for key in content.keys})
    locks = locks_of([content.patient_id for content in contents], keys)
    rows = await connection.fetch(NEIGHBOURS, locks, keys, OVERSIZED)
    if rows:
        digest = rows[0]["model"]
        by = await scale_of(connection, digest)
    else:
        digest, by = await active_scale(connection) if len(contents) > 1 else (None, Neighbourhood().by)
    near = Neighbourhood(by)
    members: dict[int, list[Member]] = {}
    for row in rows:
        facts = demographics_from_json(row["demographics"])
        told = (row[name] for name in ("merged", "settled", "asked"))
        members.setdefault(row["person"], []).append(Member(row["record"], facts, False, *told))
    shared = {row["person"]: row["shared"] for row in rows}
    for person, found in members.items():
        near.know(Cluster(person, tuple(found)), shared[person])
    return _Round(near, {row["person"]: row["enterprise_id"] for row in rows}, digest, [], [])


def _columns(contents: Sequence[Content], known: _Round, instant: datetime) -> Iterable[object]:
    names = [known.names[whose] for whose in known.whose]
    weighed = [decision.rule == "demographics" for decision in known.decisions]
    keys = [(number, key) for number, content in enumerate(contents) for key in content.keys]
    yield list(range(len(contents)))
    yield [content.patient_id for content in contents]
    yield [patient_key(content.patient_id) for content in contents]
    yield [content.source for content in contents]
    yield [content.local_id for content in contents]
    yield [json_from_demographics(content.demographics) for content in contents]
    yield [content.shown for content in contents]
    yield [content.active for content in contents]
    yield names
    yield [patient_key(name) for name in names]
    yield [decision.rule for decision in known.decisions]
    yield [known.model if one else None for one in weighed]
    yield [each.weight if one else None for each, one in zip(known.decisions, weighed, strict=True)]
    yield NORMALISATION
    yield instant
    yield [known.names[whose] for whose in known.whose if whose < 0]
    yield [number for number, _ in keys]
    yield [key.key for _, key in keys]
    yield [int(key.rule) for _, key in keys]


def _real(decision: Decision, persons: dict[int, int], records: dict[int, int]) -> Decision:
    """The decision with the numbers that its round's new persons and records were given."""
    if not decision.findings:
        return decision

    def person(number: int) -> int:
        return persons.get(number, number)

    findings = tuple(
        replace(each, person=person(each.person), record=records.get(each.record, each.record))
        for each in decision.findings
    )
    return replace(
        decision,
        findings=findings,
        person=None if decision.person is None else person(decision.person),
        review=tuple(map(person, decision.review)),
        taken=tuple(map(person, decision.taken)),
    )


async def _follow(
    connection: Connection, patient_id: str, decision: Decision, person: int, record: int, instant: datetime
) -> frozenset[int]:
    """Identities that the record takes along, and what a human is asked."""
    taken: frozenset[int] = frozenset()
    if decision.taken:
        taken = await take(connection, person, decision.taken, patient_id, instant)
    if asked := {*decision.review, *decision.taken} - taken:
        await ask(connection, "ambiguous", record, asked | {person}, decision.findings, instant)
    return taken
