"""Makes the snapshot of a StructureDefinition from its base and its differential.

    snapshots = Snapshots(canonicals.structure)
    made = snapshots.snapshot(structure)           made.elements, made.issues
    snapshots.sorted_differential(structure)       the differential in the order of its base

https://hl7.org/fhir/R4/profiling.html#snapshot
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from profiles.snapshots.build import Build, disorders
from profiles.snapshots.differential import Change, changes
from profiles.snapshots.error import SnapshotError, SnapshotIssue
from profiles.snapshots.node import Element, Node, elements
from profiles.snapshots.specialization import specialized
from profiles.snapshots.world import World


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The elements, and what in the differential goes against its base but does not prevent a snapshot."""

    elements: list[Element]
    issues: tuple[SnapshotIssue, ...]


class Snapshots:
    """Makes snapshots over the definitions that `resolve` gives: see `World`."""

    def __init__(self, resolve: Callable[[str], dict[str, Any] | None]) -> None:
        self._world = World(resolve)

    def snapshot(self, structure: Mapping[str, Any]) -> Snapshot:
        """Raises SnapshotError where the differential cannot be laid over its base."""
        build, made = _built(structure, self._world)
        return Snapshot(elements(made), (*build.issues, *disorders(build.told)))

    def made(self, structure: Mapping[str, Any]) -> list[Element]:
        """The elements, in whatever order the differential is. Raises SnapshotError."""
        return elements(_built(structure, self._world)[1])

    def sorted_differential(self, structure: Mapping[str, Any]) -> list[Element]:
        """The differential's elements in the order of the base. Raises SnapshotError."""
        build, _ = _built(structure, self._world)
        given = structure["differential"]["element"]
        return [given[change.number] for change in build.told]


def _built(structure: Mapping[str, Any], world: World) -> tuple[Build, Node]:
    """What is no R4 at all fails where it is first read."""
    try:
        return _laid(structure, world)
    except SnapshotError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        url = str(structure.get("url", ""))
        message = f"cannot be read as a StructureDefinition: {type(error).__name__} {error}"
        raise SnapshotError("structure", message, url) from error


def _laid(structure: Mapping[str, Any], world: World) -> tuple[Build, Node]:
    told = changes(structure)
    base = _base(structure, told, world)
    url = structure.get("url", "")
    build = Build(url, base, world)
    if structure.get("derivation") == "specialization":
        base = replace(build, root=specialized(base, told)).root
    return build, build.grouped(base, told, within=False)


def _base(structure: Mapping[str, Any], told: Change, world: World) -> Node:
    url = structure.get("baseDefinition")
    if not url:
        raise SnapshotError("required", "has no baseDefinition", structure.get("url", ""))
    base = world.tree(url, structure.get("url", ""))
    if structure.get("derivation") == "specialization":
        return replace(base, name=told.name, element={**base.element, "path": told.name})
    if base.name != told.name:
        message = f"the differential is of {told.name}, its base of {base.name}"
        raise SnapshotError("structure", message, structure.get("url", ""))
    return base
