"""The documents in files: one of a JSON or XML file, one a line of NDJSON; plain, .gz or .bz2.

https://hl7.org/fhir/R4/resource-formats.html · https://github.com/ndjson/ndjson-spec
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from exchange.loading.sources import COMPRESSED, DOCUMENTS, LINES, UNREADABLE, decompressed

KINDS: Final = (*DOCUMENTS, ".xml", *LINES)
MAX_BYTES: Final = 1 << 30


class Unreadable(Exception):
    """A file cannot be read, or is damaged."""


class Document(NamedTuple):
    """`source` is the file's path, of NDJSON with the number of the line: `a.ndjson#3`."""

    source: str
    raw: bytes


def files_of(paths: Iterable[Path]) -> Sequence[Path]:
    """Files as named, folders with all that lies in them and may be a resource; sorted; each once.

    Raises FileNotFoundError.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if _kind(file) in KINDS and file.is_file())
            found |= dict.fromkeys(inside)
        elif path.exists():
            found[path] = None
        else:
            raise FileNotFoundError(f"{path} does not exist")
    return list(found)


def documents(path: Path) -> Iterator[Document]:
    """Empty lines of NDJSON are passed over. Raises Unreadable."""
    try:
        with path.open("rb") as file, decompressed(file, path) as content:
            if _kind(path) in LINES:
                for number, line in enumerate(content, 1):
                    if line.strip():
                        yield Document(f"{path}#{number}", line)
                return
            raw = content.read(MAX_BYTES + 1)
    except UNREADABLE as error:
        raise Unreadable(f"{path} cannot be read: {error}") from None
    if len(raw) > MAX_BYTES:
        raise Unreadable(f"{path} has more than {MAX_BYTES} bytes")
    yield Document(str(path), raw)


def _kind(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""
