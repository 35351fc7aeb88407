"""Patients of hospitals, made of residents' visits, as the index is told of them and as files have them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.residents import Visit, residents, visits
from mpi.normalisation.demographics import Demographics
from mpi.store import Record
from terminology.naming import CITIZEN_ID, HEALTH_CARD

INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
BLOCK = 1_000_000
"""So many records are of one block of residents."""


def visits_of(size: int, seed: int = 1) -> list[Visit]:
    return visits(residents(size // 4 + 1, seed), 4.2, seed + 1)[:size]


def write(path: Path, size: int) -> None:
    """Records in blocks of residents, so that many millions need no more memory than one."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for start in range(0, size, BLOCK):
            block = visits_of(min(BLOCK, size - start), 1 + start // BLOCK)
            for number, visit in enumerate(block, start):
                file.write(encode(_sent(record_of(number, visit))) + b"\n")


def _sent(record: Record) -> dict[str, object]:
    """Without what FHIR does not allow: empty arrays."""
    return {name: value for name, value in record.patient.items() if value}


def record_of(number: int, visit: Visit) -> Record:
    patient = _patient(number, visit.demographics)
    return Record(f"h{number % 38}", str(number), patient["id"], patient)


def _patient(number: int, known: Demographics) -> dict[str, Any]:
    identifiers = [{"system": "https://h.example/mrn", "value": str(number)}]
    identifiers += [{"system": CITIZEN_ID, "value": value} for value in known.citizen_ids]
    identifiers += [{"system": HEALTH_CARD, "value": card.number} for card in known.cards]
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": identifiers,
        "name": [{"text": name} for name in known.names],
        "gender": known.gender,
        "birthDate": known.birth_date,
        "telecom": [{"system": "phone", "value": phone} for phone in known.phones],
        "address": [{"text": f"辽宁省沈阳市{address}"} for address in known.addresses],
    }
