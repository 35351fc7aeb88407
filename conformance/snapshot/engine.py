"""The subject of the suite: what makes snapshots, over definitions that the judge gives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Structure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """`problems` are what in the differential goes against its base."""

    elements: Sequence[dict[str, Any]]
    problems: Sequence[str]


class World(Protocol):
    """The core and the definitions that were given. Both raise `conformance.report.Refused`."""

    def structure(self, canonical: str) -> Structure | None: ...
    def made(self, structure: Structure) -> Made: ...
    def made_in_any_order(self, structure: Structure) -> Made: ...


class Engine(Protocol):
    """`read` takes XML and JSON, and raises Refused for what is not R4."""

    def read(self, path: Path) -> Structure: ...
    def world(self, structures: Sequence[Structure]) -> World: ...
    def core_world(self, structures: Sequence[Structure]) -> World: ...
