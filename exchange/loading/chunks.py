"""The pieces in which files go to the workers, and the lines in a piece.

https://github.com/ndjson/ndjson-spec
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, Protocol

from exchange.loading.sources import Source, decompressed

CHUNK_BYTES: Final = 1 << 22
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a worker takes at a time: a whole file (`first_line` 0), or the lines from `first_line` on.

    `start` and `size` count bytes of the decompressed file; the worker reads them itself unless the `raw`
    text is given, as it is where the file is compressed. `covers` is how much of the file itself that was.
    """

    source: int
    path: Path
    start: int = 0
    size: int = 0
    first_line: int = 0
    lines: int = 0
    covers: int = 0
    raw: bytes | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """The text; raises UNREADABLE ones."""
        if self.raw is not None:
            return self.raw
        with self.path.open("rb") as file:
            if not self.first_line:
                return decompressed(file, self.path).read()
            file.seek(self.start)
            return file.read(self.size)


class Stored(Protocol):
    """A chunk that is stored."""

    @property
    def start(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def first_line(self) -> int: ...
    @property
    def lines(self) -> int: ...


def chunks_of(number: int, source: Source, stored: Sequence[Stored] = ()) -> Iterator[Chunk]:
    """What is left to do of a source; raises UNREADABLE ones. `stored` are in the order of their starts."""
    if not source.has_lines:
        if not stored:
            yield Chunk(number, source.path, covers=source.size)
        return
    with source.path.open("rb") as file:
        text = _Text(decompressed(file, source.path))
        start, line, covered = 0, 1, 0
        for done in (*stored, None):
            while raw := text.lines(min(CHUNK_BYTES, done.start - start) if done else CHUNK_BYTES):
                lines = raw.count(b"\n") + (not raw.endswith(b"\n"))
                position = min(file.tell(), source.size)
                yield Chunk(
                    number,
                    source.path,
                    start,
                    len(raw),
                    line,
                    lines,
                    position - covered,
                    raw if source.is_compressed else None,
                )
                start, line, covered = start + len(raw), line + lines, position
            if done:
                start, line = done.start + done.size, done.first_line + done.lines
                text.skip_to(start)


def lines_of(raw: bytes, first: int) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, each with its number."""
    if first == 1:
        raw = raw.removeprefix(BYTE_ORDER_MARK)
    for number, line in enumerate(raw.split(b"\n"), first):
        if text := line.strip():
            yield number, text


def are_lines(raw: bytes) -> bool:
    """NDJSON under another name: the first line is whole by itself, and is not the last."""
    first, _, rest = raw.lstrip().partition(b"\n")
    return first.rstrip().endswith(b"}") and rest.lstrip().startswith(b"{")


class _Text:
    """Gives whole lines of a file, and never goes back in it: a compressed one would begin anew."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._held = b""

    def lines(self, size: int) -> bytes:
        """Lines of about `size` bytes together, more if one is longer; empty at the end, and for no bytes."""
        raw = self._held + self._file.read(max(size - len(self._held), 0)) if size else b""
        if len(raw) < size or (len(raw) == size and raw.endswith(b"\n")):
            self._held = b""
            return raw
        cut = raw.rfind(b"\n", 0, size) + 1
        if not cut:
            return self._longer(raw) if size else b""
        self._held = raw[cut:]
        return raw[:cut]

    def _longer(self, raw: bytes) -> bytes:
        first, newline, rest = raw.partition(b"\n")
        if newline:
            self._held = rest
            return first + newline
        self._held = b""
        return raw + self._file.readline()

    def skip_to(self, start: int) -> None:
        """`start` is not before what has been given."""
        ahead = start - (self._file.tell() - len(self._held))
        self._file.seek(max(ahead - len(self._held), 0), os.SEEK_CUR)
        self._held = self._held[ahead:]
