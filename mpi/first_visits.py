"""First visits: patients that nobody told of before, several at once, in two statements. Named SQL.

One statement locks the keys and the persons that share them and reads those persons; the decisions are made
here; another writes records, keys, persons, links and what they reach. Questions and identities taken along
are seldom and cost statements of their own.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from mpi.asked import unasked
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

# See migration 0017.
REGISTER: Final = """
SELECT record, person, replaces
FROM mpi_register($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::boolean[],
                  $8::smallint, $9::timestamptz, $10::bigint[], $11::uuid[], $12::text[], $13::text[],
                  $14::float8[], $15::text[], $16::uuid[], $17::integer[], $18::bigint[], $19::smallint[])
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
    persons = {whose: row["person"] for whose, row in zip(known.whose, rows, strict=True)}
    if replaced := {row["person"] for row in rows if row["replaces"] and row["record"] is not None}:
        await spread(connection, replaced)
    numbers = {-number: row["record"] for number, row in enumerate(rows, 1)}
    told: list[Arrival | None] = []
    for number, (content, row) in enumerate(zip(contents, rows, strict=True)):
        person, record = row["person"], row["record"]
        if record is None:
            told.append(None)
            continue
        decision = _real(known.decisions[number], persons, numbers)
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
    fresh = list(dict.fromkeys(whose for whose in known.whose if whose < 0))
    places = {whose: -place for place, whose in enumerate(fresh, 1)}
    weighed = [decision.rule == "demographics" for decision in known.decisions]
    keys = [(number, key) for number, content in enumerate(contents, 1) for key in content.keys]
    yield [content.patient_id for content in contents]
    yield [patient_key(content.patient_id) for content in contents]
    yield [content.source for content in contents]
    yield [content.local_id for content in contents]
    yield [json_from_demographics(content.demographics) for content in contents]
    yield [content.shown for content in contents]
    yield [content.active for content in contents]
    yield NORMALISATION
    yield instant
    yield [places.get(whose, whose) for whose in known.whose]
    yield [patient_key(name) for name in names]
    yield [decision.rule for decision in known.decisions]
    yield [known.model if one else None for one in weighed]
    yield [each.weight if one else None for each, one in zip(known.decisions, weighed, strict=True)]
    yield [known.names[whose] for whose in fresh]
    yield [patient_key(known.names[whose]) for whose in fresh]
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
    asked = {*decision.review, *decision.taken} - taken
    if decision.person is not None:
        asked = await unasked(connection, person, asked, decision.findings, record)
    if asked:
        await ask(connection, "ambiguous", record, asked | {person}, decision.findings, instant)
    return taken
