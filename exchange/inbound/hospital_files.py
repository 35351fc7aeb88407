"""The hospitals' files in force: read at start, and taken up again while the hub runs.

Whoever changes a file, or sends SIGHUP, makes the hub look at all of them. They are taken up together or, if
one of them has a fault, not at all: what is in force stays so, and the log, the metrics and the status file
say why. A message is translated by what was in force when it came.
"""

import asyncio
import hashlib
import json
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

from adapters.checking import checked, compile_all, unused_levels
from adapters.hospitals.folder import FOLDERS, Book, Texts, texts_of
from adapters.hospitals.hospital import Hospitals
from adapters.library import Library, library
from adapters.mapping.fault import Fault, MapError
from exchange.hub import Hub
from exchange.metrics.exposition import Family, Sample
from exchange.settings import Settings

SECONDS: Final = 2.0
STATUS: Final = "hospitals.json"
_TOLD: Final = 50
Stamp = Sequence[tuple[str, int, int]]

_log = logging.getLogger(__name__)


class HospitalFiles:
    """`hospitals` are those in force, the same object all the time; `library` are their maps."""

    def __init__(self, hub: Hub) -> None:
        self.hospitals = Hospitals(hub.settings.base, (), hub.domains.systems)
        self.library = library(hub.definitions)
        self.faults: Sequence[Fault] = ()
        self.seen = ""
        self.looked: Stamp = ()
        self.taken = self.refused = 0
        self._folder = hub.settings.hospitals

    async def take(self) -> None:
        """Puts the folder in force. Raises MapError with all faults; then nothing has changed."""
        if self._folder is None:
            return
        self.looked = self.stamp()
        texts = await asyncio.to_thread(texts_of, self._folder)
        book = await asyncio.to_thread(_compiled, texts, self.library)
        self.seen, self.faults = digest_of(texts), book.faults
        if book.faults:
            self.refused += 1
            raise MapError(book.faults)
        self.hospitals.register(book.hospitals)
        self.taken += 1
        for level in unused_levels(book):
            _log.warning("%s: no hospital has it", level.place.file)

    def stamp(self) -> Stamp:
        """Other when a file is."""
        if self._folder is None:
            return ()
        folders = [self._folder, *(self._folder / name for name in FOLDERS)]
        return sorted(_stamps([path for folder in folders for path in folder.glob("*.yaml")]))

    async def families(self) -> Sequence[Family]:
        """As metrics."""
        name = "yilian_hospital_files"
        return [
            _family(f"{name}_faults", "Faults of the files that were seen last.", len(self.faults)),
            _family(f"{name}_taken", "Times that files were put in force since the start.", self.taken),
            _family(
                f"{name}_refused", "Times that faulty files were left alone since the start.", self.refused
            ),
        ]


@asynccontextmanager
async def hospital_files(hub: Hub, seconds: float = SECONDS) -> AsyncIterator[HospitalFiles]:
    """The files in force, looked at every few seconds. Raises MapError if they have faults at the start."""
    files = HospitalFiles(hub)
    await files.take()
    tell(hub.settings, files)
    asked = asyncio.Event()
    with _hearing(asked):
        watching = asyncio.create_task(_watch(hub.settings, files, asked, seconds))
        try:
            yield files
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _watch(settings: Settings, files: HospitalFiles, asked: asyncio.Event, seconds: float) -> None:
    before = files.looked
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), seconds)
        found = files.stamp()
        # A file that is being written is left alone until it rests.
        if asked.is_set() or (found != files.looked and found == before):
            asked.clear()
            await _take_up(files)
            tell(settings, files)
        before = found


async def _take_up(files: HospitalFiles) -> None:
    try:
        await files.take()
        _log.info("hospitals' files are taken up: %d hospitals", len(files.hospitals.registered))
    except MapError as error:
        _log.error("hospitals' files are not taken up: %d faults; what was in force stays", len(error.faults))
        for fault in error.faults[:_TOLD]:
            _log.error("%s", fault)
    except OSError as error:
        _log.error("hospitals' files cannot be read: %s; what was in force stays", type(error).__name__)


def tell(settings: Settings, files: HospitalFiles) -> None:
    """Says beside the data which files were looked at last, and what was wrong with them."""
    told = json.dumps({"digest": files.seen, "faults": [str(each) for each in files.faults]})
    beside = settings.data_dir / f"{STATUS}.{os.getpid()}"
    try:
        beside.write_text(told, "utf-8")
        os.replace(beside, settings.data_dir / STATUS)
    except OSError as error:
        _log.warning("%s cannot be written: %s", STATUS, type(error).__name__)


def digest_of(texts: Texts) -> str:
    """The same for the same files."""
    return hashlib.sha256(json.dumps(dict(texts), sort_keys=True).encode()).hexdigest()


def _compiled(texts: Texts, maps: Library) -> Book:
    book = checked(texts, maps)
    if not book.faults:
        compile_all(book, maps)
    return book


def _stamps(paths: Sequence[Path]) -> Iterator[tuple[str, int, int]]:
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            continue
        yield str(path), found.st_mtime_ns, found.st_size


def _family(name: str, text: str, value: int) -> Family:
    return Family(name, "gauge", text, [Sample({}, value)])


@contextmanager
def _hearing(asked: asyncio.Event) -> Iterator[None]:
    """SIGHUP asks, where signals can be heard."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, asked.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
