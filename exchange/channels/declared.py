"""Channels that a deployment declares: folders where files are dropped, and tables that are pulled.

One YAML file (`YILIAN_CHANNELS`), with the lists `folders` and `pulls`; the fields of `Folder` and `Pull` are
its keys. Relative paths are below the file's own folder. The address of a
database may be `env:NAME`, so that its password stands in no file.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from adapters.mapping.document import Block, load
from adapters.mapping.fault import Fault, MapError, Place
from exchange.inbound.front_end import Source

Order = Literal["name", "modified"]

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")
# More would make more lines of metrics than anybody reads.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder where files are dropped.

    `hospital` sends whatever comes, and if it is empty, who the files name. Files are taken in the `order` of
    their names, or of the times of their last change; after `quiet` seconds without a change, or as soon as
    there is one of the same name with the ending `marker`. `every` is the pause between two looks, `at_once`
    how many files may be in hand. `table` names the rows of files that name none, `map` is the mapping
    document of such tables. `answers` is where answers go, else beside the file in `done` or `failed`.
    """

    name: str
    path: Path
    hospital: str = ""
    charset: str | None = None
    order: Order = "name"
    marker: str = ""
    quiet: float = 2.0
    every: float = 1.0
    at_once: int = 4
    table: str = ""
    map: Path | None = None
    answers: Path | None = None

    @property
    def channel(self) -> str:
        return channel(self.name, self.hospital)


@dataclass(frozen=True, slots=True)
class Pull:
    """A table of a hospital's front-end database, read `every` so many seconds, `batch` rows at a time."""

    name: str
    url: str = field(repr=False)
    source: Source
    hospital: str = ""
    every: float = 60.0
    batch: int = 1000
    map: Path | None = None

    @property
    def channel(self) -> str:
        return channel(self.name, self.hospital)


@dataclass(frozen=True, slots=True)
class Channels:
    """All that are declared."""

    folders: tuple[Folder, ...] = ()
    pulls: tuple[Pull, ...] = ()

    @property
    def maps(self) -> dict[str, Path]:
        """The mapping documents, by channel."""
        every: list[Folder | Pull] = [*self.folders, *self.pulls]
        return {each.channel: each.map for each in every if each.map is not None}


def channel(name: str, hospital: str) -> str:
    """As the inbox calls a channel of which the form of a message is told by its bytes."""
    return f"{name}@{hospital}"


def load_channels(path: Path | None) -> Channels:
    """Raises MapError with file and line, OSError for a file that cannot be read."""
    if path is None:
        return Channels()
    block = load(path.read_text("utf-8"), path.name)
    _require_known(block, ("folders", "pulls"))
    below = path.parent
    folders = tuple(_folder(each, below) for each in _blocks(block, "folders"))
    pulls = tuple(_pull(each, below) for each in _blocks(block, "pulls"))
    names = [each.name for each in folders] + [each.name for each in pulls]
    if len(set(names)) < len(names) or len(names) > MOST:
        raise _fault(block, f"names of channels are unique, and at most {MOST}")
    return Channels(folders, pulls)


def _folder(block: Block, below: Path) -> Folder:
    _require_known(block, Folder.__slots__)
    _require(block, "path")
    order = _text(block, "order") or "name"
    if order not in ("name", "modified"):
        raise _fault(block, "order is name or modified")
    marker = _text(block, "marker")
    if marker and (not marker.startswith(".") or "/" in marker):
        raise _fault(block, "marker is an ending, as .done")
    return Folder(
        name=_name(block),
        path=below / _text(block, "path"),
        hospital=_text(block, "hospital"),
        charset=_text(block, "charset") or None,
        order="modified" if order == "modified" else "name",
        marker=marker,
        quiet=_number(block, "quiet", 2.0, 0.0),
        every=_number(block, "every", 1.0, 0.01),
        at_once=int(_number(block, "at_once", 4, 1)),
        table=_text(block, "table"),
        map=_path(block, "map", below),
        answers=_path(block, "answers", below),
    )


def _pull(block: Block, below: Path) -> Pull:
    _require_known(block, ("name", "url", "table", "key", "modified", "flag", *_PULL))
    for key in ("url", "table", "key"):
        _require(block, key)
    keys = block["key"] if isinstance(block["key"], list) else [block["key"]]
    column, _, wanted = _text(block, "flag").partition("=")
    told = _text(block, "modified")
    return Pull(
        name=_name(block),
        url=_url(block),
        source=Source(_text(block, "table"), tuple(map(str, keys)), told, (column, wanted)),
        hospital=_text(block, "hospital"),
        every=_number(block, "every", 60.0, 0.01),
        batch=int(_number(block, "batch", 1000, 1)),
        map=_path(block, "map", below),
    )


def _url(block: Block) -> str:
    told = _text(block, "url")
    if not told.startswith("env:"):
        return told
    found = os.environ.get(told.removeprefix("env:"))
    if not found:
        raise _fault(block, f"{told.removeprefix('env:')} is not set")
    return found


def _blocks(block: Block, key: str) -> Iterable[Block]:
    found = block.get(key) or []
    if not isinstance(found, list) or not all(isinstance(each, Block) for each in found):
        raise _fault(block, f"{key} is a list of mappings")
    return found


def _name(block: Block) -> str:
    name = _text(block, "name")
    if not _NAME.fullmatch(name):
        raise _fault(block, "name is 1 to 40 of a-z, 0-9, `.` and `-`")
    return name


def _text(block: Mapping[str, Any], key: str) -> str:
    return str(block.get(key) or "")


def _number(block: Block, key: str, usual: float, least: float) -> float:
    told = block.get(key)
    try:
        found = usual if told is None else float(told)
    except (TypeError, ValueError):
        raise _fault(block, f"{key} is a number") from None
    if not least <= found < float("inf"):
        raise _fault(block, f"{key} is at least {least:g}")
    return found


def _path(block: Block, key: str, below: Path) -> Path | None:
    told = _text(block, key)
    return below / told if told else None


def _require(block: Block, key: str) -> None:
    if not block.get(key):
        raise _fault(block, f"{key} is required")


def _require_known(block: Block, known: Iterable[str]) -> None:
    if unknown := block.keys() - set(known):
        raise _fault(block, f"no such key: {', '.join(sorted(unknown))}")


def _fault(block: Block, text: str) -> MapError:
    place: Place = block.place
    return MapError([Fault(place, text)])


_PULL: Final = ("hospital", "every", "batch", "map")
