"""What an export is to write, as a job remembers it.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html#query-parameters
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Level = Literal["system", "patient", "group"]


@dataclass(frozen=True, slots=True)
class Plan:
    """instant   resources are told as they were then
    since     only what was changed after it
    types     in the order they are written
    filters   by type: searches of which one must match (`_typeFilter`)
    patients  ids of the only Patients that are meant, None for all
    """

    level: Level
    url: str
    instant: datetime
    types: Sequence[str]
    since: datetime | None = None
    until: datetime | None = None
    filters: dict[str, list[str]] = field(default_factory=dict)
    patients: list[str] | None = None

    def as_json(self) -> dict[str, Any]:
        """What `plan_from_json` reads."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


def plan_from_json(value: dict[str, Any]) -> Plan:
    """The plan that `as_json` told."""
    times = {name: value[name] and datetime.fromisoformat(value[name]) for name in _TIMES}
    return Plan(**{**value, **times})


_TIMES = ("instant", "since", "until")


@dataclass(slots=True)
class File:
    """A file so far: how many lines, and where the last one ends."""

    type: str
    number: int
    count: int = 0
    bytes: int = 0

    @property
    def name(self) -> str:
        return f"{self.type}-{self.number}.ndjson"


@dataclass(slots=True)
class Progress:
    """Where an export stands: the unit it is at, the place in it, its files."""

    unit: int = 0
    place: Any = None
    files: list[File] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(file.count for file in self.files)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def progress_from_json(value: dict[str, Any] | None) -> Progress:
    """A new one if nothing was told."""
    if value is None:
        return Progress()
    return Progress(value["unit"], value["place"], [File(**file) for file in value["files"]])
