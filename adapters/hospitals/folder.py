"""The folder of hospitals' files, and of the layers below them.

    <hospital>.yaml    who it is, its region, vendor and interfaces, and what is other there
    regions/NAME.yaml  vendors/NAME.yaml  interfaces/NAME.yaml

Every file is read, whether a hospital uses it or not; all faults are told at once.
"""

import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.hospitals.hospital import Hospital, Hospitals, is_slug, settled
from adapters.hospitals.level import Kind, Level
from adapters.hospitals.reading import Described, described, found, layer_file
from adapters.mapping.document import Block, loaded
from adapters.mapping.fault import Fault, MapError
from adapters.mapping.typed import text

FOLDERS: Final[Mapping[str, Kind]] = {"regions": "region", "vendors": "vendor", "interfaces": "interface"}
Texts = Mapping[str, str]
"""The texts of files by their path in the folder: `h1.yaml`, `vendors/his.yaml`."""


@dataclass(frozen=True, slots=True)
class Book:
    """What a folder says. `hospitals` have no `base` yet; `levels` are all layers, also those nobody uses."""

    hospitals: tuple[Hospital, ...] = ()
    levels: Mapping[tuple[Kind, str], Level] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def texts_of(folder: Path) -> Texts:
    """Every file of the folder that counts. Raises OSError if there is no such folder: none is not meant."""
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no folder of hospitals' files", str(folder))
    paths = [*sorted(folder.glob("*.yaml"))]
    for name in FOLDERS:
        paths += sorted((folder / name).glob("*.yaml"))
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace") for path in paths}


def read_book(texts: Texts) -> Book:
    """Reads the files, with all their faults."""
    faults: list[Fault] = []
    levels: dict[tuple[Kind, str], Level] = {}
    for file, said in texts.items():
        folder, _, name = file.rpartition("/")
        if folder in FOLDERS:
            kind, stem = FOLDERS[folder], name.removesuffix(".yaml")
            levels[kind, stem] = layer_file(loaded(said, file, faults), kind, stem, faults)
    hospitals = [
        _hospital(loaded(said, file, faults), levels, faults)
        for file, said in texts.items()
        if "/" not in file
    ]
    faults += _taken(hospitals)
    return Book(tuple(hospitals), levels, tuple(sorted(set(faults))))


def file_of(texts: Texts, said: str) -> tuple[str, str]:
    """The id that a hospital's file says, and the name of the file in a folder that has that id: the one that
    is there, else a new one."""
    id_ = text(loaded(said, "", []), "id", [])
    known = (file for file in texts if "/" not in file)
    same = (file for file in known if text(loaded(texts[file], file, []), "id", []) == id_)
    return id_, next(same, f"{id_}.yaml")


def load_hospitals(folder: Path | None, base: str, systems: Mapping[str, str] | None = None) -> Hospitals:
    """Reads every file of a folder. Raises MapError with file and line."""
    if folder is None:
        return Hospitals(base, (), systems)
    book = read_book(texts_of(folder))
    if book.faults:
        raise MapError(book.faults)
    return Hospitals(base, book.hospitals, systems)


def hospital_from_yaml(said: str, file: str) -> Hospital:
    """One hospital's file that names no layers; its `base` is left empty. Raises MapError."""
    book = read_book({file: said})
    if book.faults:
        raise MapError(book.faults)
    return book.hospitals[0]


def _hospital(block: Block, levels: Mapping[tuple[Kind, str], Level], faults: list[Fault]) -> Hospital:
    def shelf(kind: Kind, name: str) -> Level | None:
        return levels.get((kind, name))

    id_ = text(block, "id", faults)
    if block and not is_slug(id_):
        faults.append(Fault(block.at("id"), "id is 1 to 40 of a-z, 0-9, `.` and `-`"))
    told = described(block, id_, shelf, faults)
    below = [found(block, kind, shelf, faults) for kind in ("region", "vendor")]
    stack = [*(each for each in below if each is not None), told.level]
    return settled(_plain(told), stack)


def _plain(told: Described) -> Hospital:
    return Hospital(told.id, told.name, "", facilities=told.facilities, interfaces=told.interfaces)


def _taken(hospitals: Iterable[Hospital]) -> list[Fault]:
    """Two hospitals with one name."""
    first: dict[str, Level] = {}
    faults = []
    for each in hospitals:
        own = each.levels[-1]
        for name in dict.fromkeys(said.casefold() for said in (each.id, *each.facilities)):
            other = first.setdefault(name, own)
            if other is not own:
                faults.append(Fault(own.place, f"{name!r}: {other.place.file} has it"))
    return faults
