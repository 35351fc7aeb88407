"""What is in a file, message by message: HL7 v2 alone or in batches, documents, tables by rows, archives.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

An archive is read in memory and within limits; the names in it name nothing but tables. A row of a table is
a message of its own, so that one bad row keeps no other out.
"""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import msgspec

from adapters.documents import HL7_V2, TABLE, form_of
from adapters.hl7v2.batch import messages_of
from adapters.tables.formats import TableError, rows_of
from adapters.tables.rows import Row
from adapters.trees.parse import XmlError

MOST_ENTRIES: Final = 10_000
# What an archive may become, against what it is: a file of texts shrinks by ten, a bomb by a thousand.
MOST_TIMES: Final = 100
_ZIP: Final = b"PK\x03\x04"
_SPREADSHEET: Final = "[Content_Types].xml"


class Unreadable(Exception):
    """A file is refused as a whole; its text says why, and nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message. `control_id` and `kind` are for what has none of its own."""

    raw: bytes
    control_id: str = ""
    kind: str = ""


def parcels(name: str, raw: bytes, charset: str | None, table: str, most: int) -> Iterator[Parcel]:
    """The messages of a file, in order. `most` is what an archive may have in bytes. Raises Unreadable."""
    if not raw.strip():
        raise Unreadable("the file is empty")
    if raw.startswith(_ZIP) and (entries := _archive(raw, most)) is not None:
        for entry, inner in entries:
            yield from _of_file(entry, inner, charset, table)
    else:
        yield from _of_file(name, raw, charset, table)


def row_parcel(row: Row, number: str) -> Parcel:
    """A row as a message, known by a number of its source's."""
    raw = msgspec.json.encode({row.table: [row.values]})
    return Parcel(raw, number, f"table {row.table}")


def _of_file(name: str, raw: bytes, charset: str | None, table: str) -> Iterator[Parcel]:
    form = form_of(raw)
    if form == HL7_V2:
        yield from map(Parcel, messages_of(raw))
    elif form == TABLE:
        yield from _rows(raw, table or PurePosixPath(name).stem, charset)
    else:
        yield Parcel(raw)


def _rows(raw: bytes, table: str, charset: str | None) -> Iterator[Parcel]:
    digest = hashlib.sha256(raw).hexdigest()[:24]
    try:
        for number, row in enumerate(rows_of(raw, table, charset), 1):
            yield row_parcel(row, f"{digest}-{number}")
    except (TableError, XmlError) as error:
        raise Unreadable(str(error)) from None


def _archive(raw: bytes, most: int) -> Iterator[tuple[str, bytes]] | None:
    """The files of an archive by name; None for a spreadsheet, which is one, too."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unreadable("not a zip archive, though it begins like one") from None
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(f"the archive has more than {MOST_ENTRIES} files")
    most = min(most, max(len(raw), 1 << 20) * MOST_TIMES)
    if sum(entry.file_size for entry in entries) > most:
        raise Unreadable(f"the archive has more than {most} bytes")
    if any(entry.filename == _SPREADSHEET for entry in entries):
        return None
    return _unpacked(archive, sorted(entries, key=lambda entry: entry.filename), most)


def _unpacked(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], most: int
) -> Iterator[tuple[str, bytes]]:
    """What an entry says of its size is checked while it is read."""
    for entry in entries:
        if entry.flag_bits & 1:
            raise Unreadable("the archive is encrypted")
        try:
            with archive.open(entry) as file:
                inner = file.read(most + 1)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, zlib.error):
            raise Unreadable("the archive is damaged") from None
        most -= len(inner)
        if most < 0:
            raise Unreadable("the archive has more bytes than it says")
        if inner.startswith(_ZIP) and _archive(inner, most) is not None:
            raise Unreadable("an archive within an archive")
        yield entry.filename, inner
