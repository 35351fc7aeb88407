"""What happens when a hospital tells of a patient: for the first time, again, or as merged into another.

The caller holds the locks on the patient and on its keys (`mpi.rows.lock_keys`); persons are locked here.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mpi.asked import unasked
from mpi.changes import (
    Because,
    Content,
    ask,
    insert_record,
    move_links,
    record_merge,
    replace_empty,
    update_record,
    withdraw,
)
from mpi.decide import Cluster, Decision, Finding, conflicts, decide
from mpi.decisions import MANUAL
from mpi.demographics import Demographics
from mpi.enterprise import NOTHING_SHOWN
from mpi.first_visits import first_visits
from mpi.merging import merge_records
from mpi.models import active_scale
from mpi.reach import spread
from mpi.rows import Connection, Known, clusters, held, known, unit

HUB: Final = "hub"
MERGE: Final = "merge"


@dataclass(frozen=True, slots=True)
class Change:
    """The person a record belongs to now, and all persons whose Patient may look different."""

    person: int
    touched: frozenset[int]
    decision: Decision


async def register_merged(
    connection: Connection, content: Content, survivor: Known, instant: datetime
) -> Change:
    """A patient that nobody told of before its hospital merged it into another."""
    because = Because(MERGE, content.source, "")
    person = survivor.person
    record = await insert_record(connection, content, person, because, instant, survivor.record)
    await record_merge(connection, record, survivor.record, (person, person), because, instant)
    await spread(connection, {person})
    return Change(person, frozenset({person}), Decision("link", MERGE, person))


async def revise(connection: Connection, content: Content, instant: datetime) -> Change:
    """A known patient with other data than before.

    Its link stays while it is consistent. A record that is alone under its person moves to the person that
    its new data name; in every other case a human is asked.
    """
    (stored,), candidates = await held(connection, (content.patient_id,), content.keys)
    if stored is None:
        raise LookupError("only a known record can be revised")
    await update_record(connection, stored.record, content, instant)
    if stored.merged_into is not None or stored.rule == MANUAL:
        return Change(stored.person, frozenset({stored.person}), _kept(stored))
    own, others = await _around(connection, stored, candidates)
    _, by = await active_scale(connection)
    decision = decide(content.demographics, others, by)
    moves = decision.person is not None and not own.members
    if moves:
        await _move(connection, stored, decision, instant)
    person = decision.person if moves and decision.person is not None else stored.person
    against = conflicts(content.demographics, own, by)
    found = [decision.person] if decision.person is not None else []
    named = {*decision.review, *decision.taken, *found} - {person}
    named = await unasked(connection, person, named, decision.findings, stored.record)
    asked = named | {person} if named else set()
    await _question(connection, stored.record, "ambiguous", asked, decision.findings, instant)
    asked = {person} if against else set()
    await _question(connection, stored.record, "inconsistent", asked, against, instant)
    return Change(person, frozenset({stored.person, person}), decision if moves else _kept(stored))


async def merged(
    connection: Connection, content: Content, survivor: str, instant: datetime, new_id: Callable[[], str]
) -> Change:
    """A patient, known or not, that its hospital merged into another, known or not."""
    (lost, surviving), _ = await held(connection, (content.patient_id, survivor))
    if surviving is None:
        await first_visits(connection, [_only_named(survivor, content.source)], instant, new_id)
        surviving = await known(connection, survivor)
    assert surviving is not None
    if lost is None:
        return await register_merged(connection, content, surviving, instant)
    # No decision of ours comes between: what the hospital merges, it can also unmerge.
    await update_record(connection, lost.record, content, instant)
    because = Because(MERGE, content.source, "")
    touched = await merge_records(
        connection, content.patient_id, survivor, content.demographics, because, instant
    )
    await spread(connection, touched)
    lost = await known(connection, content.patient_id)
    assert lost is not None
    return Change(lost.person, frozenset({lost.person} | touched), Decision("link", lost.rule, lost.person))


def _only_named(patient_id: str, source: str) -> Content:
    """A survivor of which nobody has told yet: a place that its own data will fill."""
    return Content(patient_id, source, patient_id, Demographics(), NOTHING_SHOWN, True, ())


def _kept(stored: Known) -> Decision:
    return Decision("link", stored.rule, stored.person)


async def _around(
    connection: Connection, stored: Known, candidates: set[int]
) -> tuple[Cluster, list[Cluster]]:
    """The rest of the record's own person, and the other persons that share a key with it."""
    moving = set(await unit(connection, stored.record))
    own, others = Cluster(stored.person, ()), []
    for cluster in await clusters(connection, candidates | {stored.person}, stored.record):
        if cluster.person == stored.person:
            rest = tuple(member for member in cluster.members if member.record not in moving)
            own = Cluster(stored.person, rest)
        else:
            others.append(cluster)
    return own, others


async def _move(connection: Connection, stored: Known, decision: Decision, instant: datetime) -> None:
    assert decision.person is not None
    records = await unit(connection, stored.record)
    await move_links(connection, records, decision.person, Because(decision.rule, HUB, ""), instant)
    await replace_empty(connection, [stored.person], decision.person, instant)
    await spread(connection, {stored.person, decision.person})


async def _question(
    connection: Connection,
    record: int,
    kind: str,
    persons: Collection[int],
    findings: Iterable[Finding],
    instant: datetime,
) -> None:
    """Ask about these persons, and no longer about those that an earlier content named."""
    await withdraw(connection, record, kind, persons, instant)
    if persons:
        await ask(connection, kind, record, persons, findings, instant)
