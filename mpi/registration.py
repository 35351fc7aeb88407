"""What happens when a hospital tells of a patient as merged into another.

The caller holds the locks on the patient and on its keys (`mpi.rows.lock_keys`); persons are locked here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mpi.answered import drop_answered
from mpi.changes import Because, Content, insert_record, record_merge, update_record
from mpi.decide import Decision
from mpi.enterprise import NOTHING_SHOWN
from mpi.first_visits import first_visits
from mpi.merging import merge_records
from mpi.normalisation.demographics import Demographics
from mpi.reach import spread
from mpi.rows import Connection, Known, held, known

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
    await drop_answered(connection, touched, instant)
    lost = await known(connection, content.patient_id)
    assert lost is not None
    return Change(lost.person, frozenset({lost.person} | touched), Decision("link", lost.rule, lost.person))


def _only_named(patient_id: str, source: str) -> Content:
    """A survivor of which nobody has told yet: a place that its own data will fill."""
    return Content(patient_id, source, patient_id, Demographics(), NOTHING_SHOWN, True, ())
