"""From NDJSON or from the store to staged patients. Named SQL."""

from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, Final

import asyncpg

from exchange.crossref import USE
from exchange.domains import Domains
from exchange.fhirjson import UnreadableJson, loads
from exchange.first_load.plain import is_plain
from exchange.first_load.tasks import UNHURRIED, Came, Finding, StageLines, StageStored
from exchange.identity import record_of
from exchange.loading.chunks import lines_of
from exchange.outcome import rejection
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_number
from mpi.first_load.staging import Piece, stage
from mpi.store import Record
from profiles.definitions import definitions
from profiles.structure import compile_structure

STORE: Final = b"store"
# Lines of the files stand behind all that is stored.
PLACE_BITS: Final = 40
# Systems of identifiers that are remembered.
SYSTEMS: Final = 4096

# Patients of hospitals that the index does not know.
STORED: Final = """
SELECT r.rid, r.body FROM resource r
WHERE r.rid BETWEEN $1 AND $2 AND r.type = $3 AND r.body IS NOT NULL
  AND NOT EXISTS (SELECT FROM mpi_record m WHERE m.patient_id = r.id)
  AND NOT EXISTS (SELECT FROM mpi_person p WHERE p.enterprise_id = r.id)
ORDER BY r.rid
"""


@cache
def _structure() -> Any:
    return compile_structure(definitions())


async def stage_lines(connection: Connection, task: StageLines, domains: Domains) -> Came:
    """Each line becomes a row at once: a chunk of parsed Patients would not stay in a processor's cache."""
    findings: list[Finding] = []
    numbered = _of_lines(task, findings)
    piece = Piece(task.source, task.chunk.start, task.place)
    return Came(await _kept(connection, piece, numbered, domains), findings=tuple(findings))


def _of_lines(task: StageLines, findings: list[Finding]) -> Iterator[tuple[int, Record]]:
    for line, text in lines_of(task.chunk.read(), task.chunk.first_line or 1):
        try:
            record = record_of(_patient(text), task.hospital)
        except (UnreadableJson, ValueError) as error:
            findings.append(Finding(task.place, line, str(error)[:200]))
        else:
            yield (task.place + 1) << PLACE_BITS | line, record


def _patient(text: bytes) -> dict[str, Any]:
    """Raises UnreadableJson or ValueError."""
    patient = loads(text)
    if is_plain(text):
        return patient
    if patient.get("resourceType") != "Patient" or "id" not in patient:
        raise ValueError("this is no Patient with an id")
    if error := rejection(_structure()(patient)):
        raise ValueError(f"this is not a Patient as R4 has it: {error.issues[0].expression}")
    return patient


async def stage_stored(connection: Connection, task: StageStored, domains: Domains) -> Came:
    rows = await connection.fetch(STORED, task.first, task.last, type_number("Patient"))
    staged = await _kept(connection, Piece(STORE, task.first, 0), _of_rows(rows, task, domains), domains)
    return Came(staged, nobodys=len(rows) - staged)


def _of_rows(
    rows: Iterable[asyncpg.Record], task: StageStored, domains: Domains
) -> Iterator[tuple[int, Record]]:
    for row in rows:
        patient = loads(unpack(row["body"]))
        if hospital := hospital_of(patient, domains) or task.hospital:
            yield row["rid"], record_of(patient, hospital)


def hospital_of(patient: dict[str, Any], domains: Domains) -> str | None:
    """The one hospital that gives numbers in the domain of one of the Patient's identifiers."""
    for identifier in patient.get("identifier", ()):
        domain = domains.of(identifier.get("system", ""))
        if domain is not None and len(domain.assigners) == 1:
            return next(iter(domain.assigners))
    return None


async def _kept(
    connection: Connection, piece: Piece, numbered: Iterable[tuple[int, Record]], domains: Domains
) -> int:
    """How many they were."""
    told: set[str] = set()
    identify = lru_cache(SYSTEMS)(domains.identify)
    async with connection.transaction():
        await connection.execute(UNHURRIED)
        staged = await stage(connection, piece, _noted(numbered, told), identify)
        await connection.execute(USE, sorted({alias for system in told for alias in domains.aliases(system)}))
    return staged


def _noted(numbered: Iterable[tuple[int, Record]], told: set[str]) -> Iterator[tuple[int, Record]]:
    """The same; the domains that these patients have numbers of are told as they come."""
    for each in numbered:
        for identifier in each[1].patient.get("identifier", ()):
            if isinstance(system := identifier.get("system"), str):
                told.add(system)
        yield each
