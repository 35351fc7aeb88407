"""What a translation gives back: resources, findings, and where every source value went."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from terminology.issue import Issue

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource made from the source.

    `merge`: what the source did not say stays as stored (HL7 v2: an empty field is unchanged);
    `replace`: the source gives the whole resource. `deletions` are what the source deletes (HL7 v2: `""`), as
    paths below the resource: `address`, `deceased` (of any type), `period.end`, `telecom.where(use='home')`,
    `extension.where(url='…')`. Treat `resource` as read-only: translations may share parts.
    """

    resource: Resource
    mode: Literal["merge", "replace"] = "merge"
    deletions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Residue:
    """A source value that no row maps: `path` as the source's own address (`PID-8.1`, `ZPI-3`)."""

    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many non-empty leaves of the source were mapped, deliberately ignored, or left over."""

    mapped: int
    ignored: int
    residue: int


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of the source had content, so that they can be counted where nobody waits.

    `present` are a node's name and its shape (byte n: field n has content), or the path of one value and no
    shape. `ignored` are the fields of which nothing was taken over, each with the reason.
    """

    present: Sequence[tuple[str, bytes]] = ()
    ignored: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """The outcome for one source. An issue of severity `error` or `fatal` means: do not store. `maps` is the
    version of the maps that made it, if somebody asked for it."""

    entries: Sequence[Entry]
    issues: Sequence[Issue]
    coverage: Coverage
    residue: Sequence[Residue]
    maps: str = ""
    fields: Fields = Fields()

    def bundle(self) -> Resource:
        """The entries as a transaction Bundle of PUTs under their deterministic ids."""
        return {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {
                    "fullUrl": f"urn:uuid:{entry.resource['id']}",
                    "resource": entry.resource,
                    "request": {
                        "method": "PUT",
                        "url": f"{entry.resource['resourceType']}/{entry.resource['id']}",
                    },
                }
                for entry in self.entries
            ],
        }
