"""What happens when a hospital removes its patient (ITI-104 Remove Patient). Named SQL.

https://profiles.ihe.net/ITI/PIXm/ITI-104.html

Its link ends: the record goes to an identity of its own, which shows nobody, so that neither searches nor
`$everything` of the person reach what the hospital has under it. If the hospital tells of the patient again,
it is decided anew, for a record that is alone moves to the person that its data name. A record that is alone
already stays, and its identity is inactive. What the hospital had merged into the patient goes with it.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final

from mpi.answered import drop_answered
from mpi.changes import Because, insert_person, move_links
from mpi.correction import records_of
from mpi.enterprise import NOTHING_SHOWN
from mpi.normalisation.demographics import Demographics, json_from_demographics
from mpi.reach import spread
from mpi.rows import Connection, enterprise_ids, held, unit

REMOVED: Final = "removed"

# Records that tell nothing any more and by which nobody is found; nobody need answer what they asked.
EMPTY: Final = """
WITH emptied AS (
    UPDATE mpi_record SET demographics = $2::json, shown = $3, active = false, updated = $4
    WHERE record = ANY($1::bigint[]) RETURNING source
), dropped AS (
    DELETE FROM mpi_key WHERE record = ANY($1::bigint[])
), withdrawn AS (
    UPDATE mpi_review SET state = 'obsolete', decided = $4, decided_by = 'hub'
    WHERE record = ANY($1::bigint[]) AND state NOT IN ('decided', 'obsolete')
)
SELECT source FROM emptied LIMIT 1
"""


async def remove(
    connection: Connection, patient_id: str, instant: datetime, new_id: Callable[[], str]
) -> set[str]:
    """The enterprise ids whose Patient looks different then; none of a patient that nobody told of."""
    (found,), _ = await held(connection, (patient_id,))
    if found is None:
        return set()
    moving = await unit(connection, found.record)
    source = await connection.fetchval(EMPTY, moving, *_nothing(), instant)
    touched = {found.person}
    if found.merged_into is None and set(await records_of(connection, found.person)) - set(moving):
        touched.add(await _leave(connection, moving, Because(REMOVED, source, ""), instant, new_id))
    await spread(connection, touched)
    await drop_answered(connection, touched, instant)
    return {*(await enterprise_ids(connection, touched)).values()}


async def _leave(
    connection: Connection,
    moving: Collection[int],
    because: Because,
    instant: datetime,
    new_id: Callable[[], str],
) -> int:
    fresh = await insert_person(connection, new_id(), instant)
    await move_links(connection, list(moving), fresh, because, instant)
    return fresh


def _nothing() -> tuple[str, bytes]:
    return json_from_demographics(Demographics()), NOTHING_SHOWN
