"""First visits told without a transaction: two round trips, the second of which is their durable commit."""

from collections.abc import Callable, Sequence
from datetime import datetime

from mpi.enterprise import shown_from_patient
from mpi.enterprise_id import new_enterprise_id
from mpi.first_visits import Arrival, settle
from mpi.glimpse import meet
from mpi.meeting import Meeting
from mpi.normalisation.demographics import Identify
from mpi.rows import Connection
from mpi.store import Record, content_of


async def met(
    connection: Connection,
    records: Sequence[Record],
    identify: Identify,
    new_id: Callable[[], str] = new_enterprise_id,
) -> Meeting:
    """What is decided of patients, each told once, on a connection that is in no transaction; for
    `mpi.first_visits.settle`, which writes it. Left out are those to be told in a transaction of their own
    (`mpi.store.resolve`): the patient is known, or merged."""
    coming = [record for record in records if record.replaced_by in (None, record.patient_id)]
    contents = [content_of(record, shown_from_patient(record.patient), identify) for record in coming]
    return await meet(connection, contents, new_id)


async def visit(
    connection: Connection,
    record: Record,
    instant: datetime,
    identify: Identify,
    new_id: Callable[[], str] = new_enterprise_id,
) -> Arrival | None:
    """Whose the record is, on a connection that is in no transaction. None, and nothing is written, where it
    is to be told in one (`mpi.store.resolve`): the patient is known or merged, more follows than the record,
    or somebody came between."""
    meeting = await met(connection, [record], identify, new_id)
    if not (meeting.contents and meeting.is_one_statement):
        return None
    arrivals = await settle(connection, meeting, instant)
    return arrivals[0] if arrivals else None
