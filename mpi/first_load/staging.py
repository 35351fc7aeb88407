"""Patients staged for a first load: normalised, with their keys, in the order they are told in. Named SQL.

COPY as text: https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-FILE-FORMATS
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from mpi.changes import Content
from mpi.demographics import Identify, json_from_demographics
from mpi.enterprise import elements_from_shown, shown_from_patient
from mpi.keys import patient_key
from mpi.rows import Connection
from mpi.store import Record, content_of

COLUMNS: Final = (
    "number", "patient_id", "patient_key", "source", "local_id", "demographics", "shown", "active",
    "replaced_by", "keys", "rules",
)  # fmt: skip
_PIECE: Final = 512
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

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
    await connection.copy_to_table("mpi_staged", source=_pieces(rows), columns=COLUMNS)
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


def _rows(numbered: Iterable[tuple[int, Record]], identify: Identify) -> Iterable[str]:
    for number, record in numbered:
        yield _row(number, record, content_of(record, shown_from_patient(record.patient), identify))


def _row(number: int, record: Record, content: Content) -> str:
    keys = ",".join([str(key.key) for key in content.keys])
    rules = ",".join([str(int(key.rule)) for key in content.keys])
    told = (
        str(number),
        _text(content.patient_id),
        str(patient_key(content.patient_id)),
        _text(content.source),
        _text(content.local_id),
        _text(json_from_demographics(content.demographics)),
        f"\\\\x{content.shown.hex()}",
        "t" if content.active else "f",
        "\\N" if record.replaced_by is None else _text(record.replaced_by),
        f"{{{keys}}}",
        f"{{{rules}}}",
    )
    return "\t".join(told) + "\n"


def _text(value: str) -> str:
    # To look first costs a tenth of translating.
    return value if "\\" not in value and value.isprintable() else value.translate(_ESCAPES)


async def _pieces(rows: Iterable[str]) -> AsyncIterator[bytes]:
    gathered: list[str] = []
    for row in rows:
        gathered.append(row)
        if len(gathered) >= _PIECE:
            yield "".join(gathered).encode()
            gathered = []
    if gathered:
        yield "".join(gathered).encode()
