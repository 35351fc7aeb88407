"""What a hospital declares of two of its records: that they are one person (HL7 v2 A24), or not (A37).

Its word holds for its own records. Where both persons have other records too, believing it would make one
identity of two: that is asked, never done.
"""

from datetime import datetime
from typing import Final, Literal

from mpi.changes import ask
from mpi.correction import Correction, Decider, NotPossible, heads, link, records_of, unlink
from mpi.decide import Finding
from mpi.rows import Connection, enterprise_ids, unit

Declaration = Literal["same", "different"]

DECLARED: Final = "declared-same"


async def declare(
    connection: Connection, one: str, other: str, declaration: Declaration, hospital: str, instant: datetime
) -> Correction | None:
    """Carry a declaration out; None if there is nothing to do, or only something to ask."""
    by = Decider(hospital, f"declared {declaration} by its hospital", instant)
    try:
        if declaration == "different":
            return await unlink(connection, other, one, by)
        return await _same(connection, one, other, by)
    except NotPossible:
        return None


async def _same(connection: Connection, one: str, other: str, by: Decider) -> Correction | None:
    kept, moved = await heads(connection, (one, other))
    if kept.person == moved.person:
        return None
    names = await enterprise_ids(connection, (kept.person, moved.person))
    for patient, record, target in (
        (other, moved, names[kept.person]),
        (one, kept, names[moved.person]),
    ):
        company = set(await records_of(connection, record.person)) - set(
            await unit(connection, record.record)
        )
        if not company:
            return await link(connection, patient, target, by)
    findings = [Finding(kept.person, kept.record, (), ())]
    await ask(connection, DECLARED, moved.record, {kept.person, moved.person}, findings, by.instant)
    return None
