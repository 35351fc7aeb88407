"""Hospitals and Patients as people name them on the command line. Named SQL.

A hospital's name in MSH-4 makes its id, so either will do; a Patient is named by its id, or as
`HOSPITAL|NUMBER`.
"""

from typing import TYPE_CHECKING, Final

from exchange.commands.refused import Refused

if TYPE_CHECKING:
    from mpi.rows import Connection

OF_NUMBER: Final = "SELECT patient_id FROM mpi_record WHERE local_id = $1 AND source = $2 ORDER BY patient_id"


def hospital_id(name: str | None) -> str | None:
    """The id of the hospital that is so named."""
    from adapters.hospitals.hospital import slug

    return slug(name) if name else None


async def patient_named(connection: "Connection", name: str) -> str:
    """The Patient's id; an id is taken as it is, whatever it is of. Raises Refused."""
    hospital, sign, number = name.partition("|")
    if not sign:
        return name
    own = hospital_id(hospital)
    found = [row["patient_id"] for row in await connection.fetch(OF_NUMBER, number, own)]
    if len(found) > 1:
        raise Refused(f"several Patients of {own} have the number {number}: {' '.join(found)}")
    if not found:
        raise Refused(f"{own} has told of no Patient {number}")
    return str(found[0])


async def person_named(connection: "Connection", name: str) -> str:
    """The enterprise id; of a Patient by its hospital's number, that of its identity. Raises Refused."""
    from mpi.rows import known

    record = await known(connection, await patient_named(connection, name)) if "|" in name else None
    return name if record is None else record.enterprise_id
