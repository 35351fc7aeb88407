"""The files that are loaded: which, in which order, and how a file is known again.

https://hl7.org/fhir/R4/json.html · https://github.com/ndjson/ndjson-spec
"""

import bz2
import gzip
import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

DOCUMENTS: Final = (".json",)
LINES: Final = (".ndjson", ".jsonl")
COMPRESSED: Final = (".gz", ".bz2")
# What a damaged or truncated file raises while it is read.
UNREADABLE: Final = (OSError, EOFError, zlib.error)
PROBE_BYTES: Final = 1 << 16


class NothingThere(Exception):
    """A path that was named does not exist."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file. NDJSON is taken in chunks of lines, all else as a whole."""

    path: Path
    size: int

    @property
    def has_lines(self) -> bool:
        return kind(self.path) in LINES

    @property
    def is_compressed(self) -> bool:
        return self.path.suffix.lower() in COMPRESSED

    def fingerprint(self) -> bytes:
        """The same as long as the file stays as it is: path, size, time, and how it begins and ends."""
        found = self.path.stat()
        with self.path.open("rb") as file:
            ends = file.read(PROBE_BYTES)
            file.seek(max(found.st_size - PROBE_BYTES, 0))
            ends += file.read(PROBE_BYTES)
        told = f"{self.path.resolve()}\0{found.st_size}\0{found.st_mtime_ns}\0".encode(
            errors="surrogateescape"
        )
        return hashlib.sha256(told + ends).digest()


def sources_of(paths: Iterable[Path]) -> Sequence[Source]:
    """Files as named, folders with all that lies in them and is called JSON or NDJSON; sorted; each once."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if kind(file) and file.is_file())
        elif path.exists():
            found.add(path)
        else:
            raise NothingThere(str(path))
    return [Source(path, path.stat().st_size) for path in sorted(found)]


def decompressed(file: IO[bytes], path: Path) -> IO[bytes]:
    """What an open file holds, by its name."""
    match path.suffix.lower():
        case ".gz":
            return gzip.GzipFile(fileobj=file)  # type: ignore[return-value]  # a reader of bytes all the same
        case ".bz2":
            return bz2.BZ2File(file)
        case _:
            return file


def kind(path: Path) -> str:
    """`.json`, `.ndjson` or `.jsonl`, before a compression's suffix; empty for others."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes and suffixes[-1] in DOCUMENTS + LINES else ""
