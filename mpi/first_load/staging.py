"""Patients staged for a first load: normalised, with their keys, in the order they are told in. Named SQL."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Final

from mpi.blocking import Rule, facts_of, hashes
from mpi.enterprise import elements_from_shown, shown_from_patient
from mpi.first_load.binary import NULL, array, field, length, pieces
from mpi.keys import key_bytes
from mpi.normalisation.demographics import (
    Demographics,
    Identify,
    demographics_from_patient,
    text_from_demographics,
)
from mpi.normalisation.implied import implied
from mpi.rows import Connection
from mpi.store import Record, is_active

COLUMNS: Final = (
    "number", "patient_id", "patient_key", "source", "local_id", "demographics", "shown", "active",
    "replaced_by", "keys", "rules",
)  # fmt: skip
_begin: Final = struct.Struct(">hiq").pack
_TRUE: Final = field(b"\1")
_FALSE: Final = field(b"\0")

MARK: Final = "INSERT INTO mpi_staged_chunk (source, start, place, records) VALUES ($1, $2, $3, $4)"

CHUNKS: Final = "SELECT source, start, place, records FROM mpi_staged_chunk"

FORGET: Final = "TRUNCATE mpi_staged, mpi_staged_chunk, mpi_staged_link, mpi_staged_person, mpi_staged_review"

# What the rest must be there for: a patient that is told of again, or that was merged into another; all of
# them, where the index ($1) is in use.
POSTPONE: Final = """
UPDATE mpi_staged s SET later = true
FROM (
    SELECT number, replaced_by IS NOT NULL AND replaced_by <> patient_id AS merged,
           row_number() OVER (PARTITION BY patient_key ORDER BY number) AS place
    FROM mpi_staged
) t
WHERE t.number = s.number AND NOT s.later AND ($1 OR t.merged OR t.place > 1)
"""

LEFT: Final = "SELECT coalesce(array_agg(number ORDER BY number), '{}') FROM mpi_staged WHERE later"

LATER: Final = """
SELECT patient_id, source, local_id, shown, active, replaced_by FROM mpi_staged
WHERE number = ANY($1::bigint[]) ORDER BY number
"""

TOLD: Final = "DELETE FROM mpi_staged WHERE number = ANY($1::bigint[])"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a source: where it begins, and the place of the source among those that are loaded."""

    source: bytes
    start: int
    place: int


async def stage(
    connection: Connection, piece: Piece, numbered: Iterable[tuple[int, Record]], identify: Identify
) -> int:
    """Keep a piece with its mark; inside a transaction. How many they were."""
    counted = count()
    rows = (row for row, _ in zip(_rows(numbered, identify), counted, strict=False))
    await connection.copy_to_table("mpi_staged", source=pieces(rows), columns=COLUMNS, format="binary")
    staged = next(counted)
    await connection.execute(MARK, piece.source, piece.start, piece.place, staged)
    return staged


async def staged_chunks(connection: Connection) -> dict[tuple[bytes, int], tuple[int, int]]:
    """The place of the source and the number of records of each piece that is staged, by source and start."""
    rows = await connection.fetch(CHUNKS)
    return {(row["source"], row["start"]): (row["place"], row["records"]) for row in rows}


async def left(connection: Connection) -> list[int]:
    """What is told one after another when all others are there."""
    numbers: list[int] = await connection.fetchval(LEFT)
    return numbers


async def later(connection: Connection, numbers: Sequence[int]) -> list[Record]:
    """These, as they were told."""
    return [_record(*row) for row in await connection.fetch(LATER, numbers)]


def _record(
    patient_id: str, source: str, local_id: str, shown: bytes, active: bool, survivor: str | None
) -> Record:
    patient = {"resourceType": "Patient", "id": patient_id} | elements_from_shown(shown)
    if not active:
        patient["active"] = False
    return Record(source, local_id, patient_id, patient, survivor)


def _rows(numbered: Iterable[tuple[int, Record]], identify: Identify) -> Iterator[bytes]:
    for number, record in numbered:
        known = implied(demographics_from_patient(record.patient, identify))
        yield _row(number, record, known)


def _row(number: int, record: Record, known: Demographics) -> bytes:
    facts = facts_of(known)
    patient_id, local_id = record.patient_id.encode(), record.local_id.encode()
    told, shown = text_from_demographics(known), shown_from_patient(record.patient)
    return b"".join(
        (
            _begin(len(COLUMNS), 8, number),
            length(len(patient_id)),
            patient_id,
            field(key_bytes(patient_id)),
            _source(record.source),
            length(len(local_id)),
            local_id,
            length(len(told)),
            told,
            length(len(shown)),
            shown,
            _TRUE if is_active(record) else _FALSE,
            NULL if record.replaced_by is None else field(record.replaced_by.encode()),
            array("bigint", hashes(facts)),
            _rules(tuple([rule for rule, _ in facts])),
        )
    )


@lru_cache(maxsize=256)
def _source(name: str) -> bytes:
    return field(name.encode())


# There are few combinations of rules.
@lru_cache(maxsize=4096)
def _rules(rules: tuple[Rule, ...]) -> bytes:
    return array("smallint", [rule.to_bytes(2) for rule in rules])
