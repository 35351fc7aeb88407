"""Which files are loaded, in which order, and in what pieces they go to the workers.

https://hl7.org/fhir/R4/json.html · https://github.com/ndjson/ndjson-spec
"""

import bz2
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from exchange.commands.refused import Refused

CHUNK_BYTES = 1 << 20
DOCUMENTS = (".json",)
LINES = (".ndjson", ".jsonl")
COMPRESSED = (".gz", ".bz2")
# What a damaged or truncated file raises while it is read.
UNREADABLE = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Unit:
    """What one worker prepares at a time: a whole file, or (`raw`) some lines from `first_line` on.

    `ends_file` for the last unit of its file.
    """

    path: Path
    first_line: int = 0
    raw: bytes | None = None
    ends_file: bool = True


def files_of(paths: Iterable[Path]) -> Sequence[Path]:
    """Files as named, folders with all that lies in them and is called JSON or NDJSON; sorted; each once."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if _kind(file) and file.is_file())
        elif path.exists():
            found.add(path)
        else:
            raise Refused(f"{path} does not exist")
    return sorted(found)


def units_of(path: Path) -> Iterator[Unit]:
    """NDJSON comes in chunks of lines, all else as the file; raises UNREADABLE ones."""
    if _kind(path) not in LINES:
        yield Unit(path)
        return
    with opened(path) as file:
        line, lines = 1, file.readlines(CHUNK_BYTES)
        while lines:
            following = file.readlines(CHUNK_BYTES)
            yield Unit(path, line, b"".join(lines), not following)
            line, lines = line + len(lines), following


def opened(path: Path) -> IO[bytes]:
    """The file's content, decompressed by its name."""
    match path.suffix.lower():
        case ".gz":
            return gzip.open(path)  # type: ignore[return-value]  # a reader of bytes all the same
        case ".bz2":
            return bz2.open(path)
        case _:
            return path.open("rb")


def _kind(path: Path) -> str:
    """`.json`, `.ndjson` or `.jsonl`, before a compression's suffix; empty for others."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes and suffixes[-1] in DOCUMENTS + LINES else ""
