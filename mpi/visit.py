"""A first visit told alone: two round trips, the second of which is its durable commit."""

from collections.abc import Callable
from datetime import datetime

from mpi.demographics import Identify
from mpi.enterprise import shown_from_patient
from mpi.enterprise_id import new_enterprise_id
from mpi.first_visits import Arrival, meet, settle
from mpi.rows import Connection
from mpi.store import Record, content_of


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
    if record.replaced_by not in (None, record.patient_id):
        return None
    content = content_of(record, shown_from_patient(record.patient), identify)
    meeting = await meet(connection, [content], new_id)
    if not meeting.is_one_statement:
        return None
    arrivals = await settle(connection, meeting, instant)
    return arrivals[0] if arrivals else None
