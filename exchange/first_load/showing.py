"""A first load's enterprise Patients: made of what has been checked, and copied into the store. Named SQL.

https://hl7.org/fhir/R4/patient.html
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import asyncpg

from exchange.bounds import LARGE
from exchange.bundle import may_be_conditional
from exchange.fhirjson import split
from exchange.first_load.staging import SYSTEMS
from exchange.first_load.tasks import UNHURRIED, Came, Show
from exchange.hub import Hub
from exchange.store import load_write
from exchange.store.batch import Write
from exchange.store.connection import Connection
from exchange.store.transact import transact
from mpi.store import enterprise_patients

Resource = dict[str, Any]

# What refers to a contained resource may have left it behind.
_CONTAINED: Final = b'"reference":"#'


async def show(hub: Hub, connection: Connection, task: Show) -> Came:
    instant = _whole_milliseconds(hub.clock())
    identify = lru_cache(SYSTEMS)(hub.domains.identify)
    patients = await enterprise_patients(connection, task.enterprise_ids, hub.settings.base, identify)
    writes = [write_of(hub, patient) for patient in patients]
    try:
        async with connection.transaction():
            await connection.execute(UNHURRIED)
            await load_write.place(connection, writes, (), instant)
    except asyncpg.UniqueViolationError:  # somebody has shown one meanwhile
        async with connection.transaction():
            await transact(connection, writes, instant)
    return Came(persons=len(writes))


def write_of(hub: Hub, patient: Resource) -> Write:
    """As `Hub.write` makes it. The structure is right, for the elements are those of Patients that were
    checked, and what else may be wrong with a Patient shows in its text."""
    head, tail = split(patient)
    plain = len(tail) <= LARGE and not may_be_conditional(tail) and _CONTAINED not in tail
    if not plain or hub.validation.policy.of("Patient").level != "structure":
        return hub.write("update", patient)
    return Write("update", "Patient", patient["id"], head, tail, hub.extraction.row(patient))


def _whole_milliseconds(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(microsecond=instant.microsecond // 1000 * 1000)
