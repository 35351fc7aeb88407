"""A known patient with other content than before: what it meets in one statement, what follows in another.
Named SQL.

Its link stays while it is consistent. A record that is alone under its person moves to the person that its
new data name; in every other case a human is asked.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mpi.answered import drop_answered
from mpi.asked import unasked
from mpi.blocking import OVERSIZED
from mpi.changes import Because, Content, ask, move_links, replace_empty, revise_record, update_record
from mpi.decide import Cluster, Decision, Finding, Member, conflicts, decide
from mpi.decisions import MANUAL
from mpi.first_visits import Arrival
from mpi.held_back import ask_instead, asked_by
from mpi.keys import patient_key
from mpi.models import scale_of
from mpi.normalisation.demographics import NORMALISATION, demographics_from_json
from mpi.reach import spread
from mpi.rows import Connection, Row, locks_of
from mpi.weigh import Scale

# See migration 0021. No row, if nobody told of the patient.
AROUND: Final = """
SELECT person, enterprise_id, record, demographics, merged, settled, asked, forbidden, own, itself, rule,
       shown, active, normalisation, model
FROM mpi_around($1::bigint[], $2::uuid, $3::bigint[], $4)
"""

HUB: Final = "hub"


@dataclass(frozen=True, slots=True)
class Stored:
    """The record as it is stored, the rest of its person, and the other persons that share a key with it.
    `moving`: the record and what was merged into it."""

    record: int
    person: int
    rule: str
    merged: bool
    same: bool
    moving: tuple[int, ...]
    own: Cluster
    others: tuple[Cluster, ...]
    names: dict[int, str]
    model: str | None
    by: Scale


async def revise(connection: Connection, content: Content, instant: datetime) -> Arrival | None:
    """Takes the locks that it needs. None if nobody told of the patient; nobody's Patient looks different if
    the content is what is stored already."""
    stored = await _around(connection, content)
    if stored is None:
        return None
    name, kept = stored.names[stored.person], Decision("link", stored.rule, stored.person)
    if stored.same:
        return Arrival(name, frozenset(), kept)
    if stored.merged or stored.rule == MANUAL:
        await update_record(connection, stored.record, content, instant)
        return Arrival(name, frozenset((name,)), kept)
    decision = decide(content.demographics, stored.others, stored.by)
    moves = decision.person is not None and not stored.own.members
    person = decision.person if moves and decision.person is not None else stored.person
    await _write(connection, stored, content, decision, person, instant)
    affected = frozenset((name, stored.names[person]))
    return Arrival(stored.names[person], affected, decision if moves else kept)


async def _around(connection: Connection, content: Content) -> Stored | None:
    keys = [key.key for key in content.keys]
    locks = locks_of([content.patient_id], keys)
    rows = await connection.fetch(AROUND, locks, patient_key(content.patient_id), keys, OVERSIZED)
    return await seen(connection, rows, content)


async def seen(connection: Connection, rows: Sequence[Row], content: Content) -> Stored | None:
    """What the rows of `AROUND` say; None if there are none."""
    own = next((row for row in rows if row["itself"]), None)
    if own is None:
        return None
    members: dict[int, list[Member]] = {row["person"]: [] for row in rows}
    for row in rows:
        if not row["own"]:
            told = (row[name] for name in ("forbidden", "merged", "settled", "asked"))
            facts = demographics_from_json(row["demographics"])
            members[row["person"]].append(Member(row["record"], facts, *told))
    clusters = {person: Cluster(person, tuple(found)) for person, found in members.items()}
    return Stored(
        own["record"],
        own["person"],
        own["rule"],
        own["merged"],
        (own["shown"], own["active"], own["normalisation"]) == (content.shown, content.active, NORMALISATION),
        tuple(row["record"] for row in rows if row["own"]),
        clusters.pop(own["person"]),
        tuple(clusters.values()),
        {row["person"]: row["enterprise_id"] for row in rows},
        own["model"],
        await scale_of(connection, own["model"]),
    )


async def _write(
    connection: Connection,
    stored: Stored,
    content: Content,
    decision: Decision,
    person: int,
    instant: datetime,
) -> None:
    """The new content, the link that follows from it, and what a human is asked now and no longer."""
    against = conflicts(content.demographics, stored.own, stored.by)
    found = [decision.person] if decision.person is not None else []
    named = {*decision.review, *decision.taken, *found} - {person}
    named = await unasked(connection, person, named, decision.findings, stored.record)
    ambiguous = named | {person} if named else set()
    inconsistent = {person} if against else set()
    before = await asked_by(connection, stored.record, stored.person) if stored.own.members else set()
    await revise_record(connection, stored.record, content, instant, (ambiguous, inconsistent))
    if person != stored.person:
        await _move(connection, stored, person, decision, instant)
    questions: Sequence[tuple[str, Collection[int], Sequence[Finding]]] = (
        ("ambiguous", ambiguous, decision.findings),
        ("inconsistent", inconsistent, against),
    )
    for kind, persons, findings in questions:
        if persons:
            await ask(connection, kind, stored.record, persons, findings, instant)
    if withdrawn := before - named:
        await ask_instead(connection, person, stored.own.members, withdrawn, stored.by, instant)


async def _move(
    connection: Connection, stored: Stored, person: int, decision: Decision, instant: datetime
) -> None:
    weighed = decision.rule == "demographics"
    model, weight = (stored.model, decision.weight) if weighed else (None, None)
    because = Because(decision.rule, HUB, "", model, weight)
    await move_links(connection, stored.moving, person, because, instant)
    await replace_empty(connection, [stored.person], person, instant)
    await spread(connection, {stored.person, person})
    await drop_answered(connection, {stored.person, person}, instant)
