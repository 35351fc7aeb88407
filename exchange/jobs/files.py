"""The files of a job: lines of JSON below the hub's data folder, named by type and number.

https://hl7.org/fhir/uv/bulkdata/STU2/export.html
"""

import asyncio
import os
import re
import shutil
from pathlib import Path
from typing import Final
from uuid import UUID

from exchange.settings import Settings

# `Patient-1.ndjson`: no other name is ever made, or looked for.
NAME: Final = re.compile(r"[A-Za-z]{1,64}-[0-9]{1,6}\.ndjson", re.ASCII)


def folder_of(settings: Settings, id_: UUID) -> Path:
    """Where a job's files are."""
    return settings.data_dir / "jobs" / str(id_)


def file_of(settings: Settings, id_: UUID, name: str) -> Path | None:
    """The file of that name; None if there is none."""
    if not NAME.fullmatch(name):
        return None
    path = folder_of(settings, id_) / name
    return path if path.is_file() else None


def append(folder: Path, name: str, lines: list[bytes], at: int) -> int:
    """Write the lines at a place in a file, and nothing behind them; gives back where they end. Durable when
    it returns: a job that goes on after a crash writes again from where it last told."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        file.truncate(at)
        file.seek(at)
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


async def remove_files(settings: Settings, id_: UUID) -> None:
    """What a job has written, if it has written anything."""
    await asyncio.to_thread(shutil.rmtree, folder_of(settings, id_), ignore_errors=True)
