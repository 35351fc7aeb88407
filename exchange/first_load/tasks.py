"""What a first load asks of its workers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from exchange.database import SESSION
from exchange.loading.chunks import Chunk
from mpi.first_load.parts import Part
from mpi.relink_parts import Part as Whole

LOADING: Final = {**SESSION, "application_name": "yilian-first-load"}
"""Sessions of a load are no hub's: nobody searches in them."""
UNHURRIED: Final = "SET LOCAL synchronous_commit = off"
"""Whoever ends the load waits for the disk; until then what is lost is made again."""


@dataclass(frozen=True, slots=True)
class StageLines:
    """Stage the Patients of a piece of an NDJSON file; `source` tells the file, `place` which it is."""

    chunk: Chunk
    source: bytes
    place: int
    hospital: str


@dataclass(frozen=True, slots=True)
class StageStored:
    """Stage the stored Patients with these rids; `hospital`: whose they are, if their numbers do not say."""

    first: int
    last: int
    hospital: str | None


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide a part by the model of this name."""

    part: Part
    model: str | None


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the index of these staged patients one after another, as if they came in messages."""

    numbers: list[int]


@dataclass(frozen=True, slots=True)
class Show:
    """Store the enterprise Patients of these identities."""

    enterprise_ids: list[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rescore:
    """Decide a part of the index anew by the model of this name, and ask about differences."""

    part: Whole
    model: str | None
    instant: datetime


Task = StageLines | StageStored | Decide | Tell | Show | Rescore


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that could not be told, and why; no text of the line."""

    place: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a task. `persons` and `questions` of a rescoring: those to be joined, and to be parted."""

    records: int = 0
    persons: int = 0
    questions: int = 0
    nobodys: int = 0
    findings: tuple[Finding, ...] = ()
