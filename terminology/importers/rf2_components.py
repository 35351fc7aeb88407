"""The rows of RF2's files in their latest state: of a snapshot, of a full release, of deltas.

https://confluence.ihtsdotools.org/display/DOCRELFMT/3.2+Release+Types
"""

from collections.abc import Iterator
from dataclasses import dataclass

from terminology.importers.files import Files
from terminology.importers.records import tabbed
from terminology.importers.release import Tell, UnusableFile, told


@dataclass(frozen=True, slots=True)
class Component:
    """A kind of file by how its name begins, and the columns wanted, first `id` and `effectiveTime`."""

    prefix: str
    columns: tuple[str, ...]


def components(files: Files, wanted: Component, tell: Tell, *, needed: bool = True) -> Iterator[list[str]]:
    """Each component once, as it is now. Raises UnusableFile."""
    names = files_of(files, wanted.prefix)
    if not names and needed:
        raise UnusableFile(f"{files.root} has no file {wanted.prefix}Snapshot….txt, nor Full, nor Delta")
    if len(names) == 1 and "Snapshot" in names[0]:
        yield from _rows(files, names[0], wanted, tell)
        return
    latest = _latest(files, names, wanted)
    for name in names:
        for row in _rows(files, name, wanted, tell):
            if latest.get(row[0]) == row[1]:
                del latest[row[0]]
                yield row


def files_of(files: Files, prefix: str) -> list[str]:
    """Snapshots, or else full releases; and deltas, which are later than either."""
    named = [*files.matching(f"{prefix}*.txt"), *files.matching(f"x{prefix}*.txt")]
    kinds = {
        kind: [each for each in named if kind in each.rpartition("/")[2]]
        for kind in ("Snapshot", "Full", "Delta")
    }
    return (kinds["Snapshot"] or kinds["Full"]) + kinds["Delta"]


def _latest(files: Files, names: list[str], wanted: Component) -> dict[str, str]:
    """The time of each component's last change."""
    latest: dict[str, str] = {}
    for name in names:
        for _, (id_, time) in tabbed(name, files.lines(name), wanted.columns[:2]):
            if time >= latest.get(id_, ""):
                latest[id_] = time
    return latest


def _rows(files: Files, name: str, wanted: Component, tell: Tell) -> Iterator[list[str]]:
    for _, row in told(tell, name, tabbed(name, files.lines(name), wanted.columns)):
        yield row
