"""What is wrong with a map, and on which line of which file."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a map file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class MapError(ValueError):
    """The maps do not compile. `faults` holds every fault, each with its file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))
