"""The files of a drop folder: seen, taken by a rename, read, and put where their result says. Blocking.

https://pubs.opengroup.org/onlinepubs/9799919799/functions/rename.html

A taken file lies in `.taken` until what is in it is safely kept and settled; then it goes to `done` or
`failed`. Whatever happens between, the next start finds it there. Only files are looked at: no link is
followed, and no name from outside becomes part of a path.
"""

import fcntl
import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from exchange.channels.declared import Folder

TAKEN: Final = ".taken"
DONE: Final = "done"
FAILED: Final = "failed"
LOCK: Final = ".lock"
# What those who write files call them while they write.
UNFINISHED: Final = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~")
OURS: Final = (".ack", ".reason")
_READ_ONLY: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderError(Exception):
    """The folder cannot be used; its text says why."""


class TooLarge(Exception):
    """A file has more bytes than may be taken."""


@dataclass(slots=True)
class DropFolder:
    """An opened folder, which no other process may use meanwhile; close it. `_seen` has of each file what it
    was like and since when."""

    folder: Folder
    _here: int = -1
    _taken: int = -1
    _lock: int = -1
    _seen: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    def open(self) -> None:
        """Raises FolderError."""
        path = self.folder.path
        try:
            self._here = os.open(path, _DIRECTORY)
            mode = os.fstat(self._here).st_mode
            if mode & stat.S_IWOTH:
                raise FolderError(f"{path} may be written by everybody on this machine")
            for name in (TAKEN, DONE, FAILED):
                self._made(name, mode)
            self._taken = os.open(TAKEN, _DIRECTORY, dir_fd=self._here)
            self._lock = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=self._taken)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise FolderError(f"{path} is in use by another process") from None
        except OSError as error:
            self.close()
            raise FolderError(f"{path}: {error.strerror}") from None
        except FolderError:
            self.close()
            raise

    def close(self) -> None:
        for number in (self._lock, self._taken, self._here):
            if number >= 0:
                os.close(number)
        self._here = self._taken = self._lock = -1

    def left(self) -> list[str]:
        """What was taken and not put away, in order; a marker that stayed behind is removed."""
        names = [entry.name for entry in os.scandir(self._taken) if entry.name != LOCK]
        for name in names:
            self._unmark(name)
        return self._sorted((name, self._status(name, self._taken)) for name in names)

    def ready(self) -> list[str]:
        """The files that may be taken, in order."""
        now, files = time.monotonic(), {}
        with os.scandir(self._here) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    files[entry.name] = entry.stat(follow_symlinks=False)
        seen, self._seen = self._seen, {}
        chosen = []
        for name, status in files.items():
            if self._is_ours(name):
                continue
            size, changed, since = seen.get(name, (-1, -1, now))
            if (size, changed) != (status.st_size, status.st_mtime_ns):
                since = now
            self._seen[name] = (status.st_size, status.st_mtime_ns, since)
            if self._is_complete(name, files.keys(), now - since) and not self._is_there(name):
                chosen.append((name, status))
        return self._sorted(chosen)

    def take(self, name: str) -> None:
        """Out of the sender's reach; raises OSError."""
        os.rename(name, name, src_dir_fd=self._here, dst_dir_fd=self._taken)
        self._seen.pop(name, None)
        self._unmark(name)

    def size(self, name: str) -> int:
        return self._status(name, self._taken).st_size

    def read(self, name: str, most: int) -> bytes:
        """Of a taken file. Raises TooLarge, OSError for what is no file."""
        number = os.open(name, _READ_ONLY, dir_fd=self._taken)
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise OSError("not a file")
            raw = file.read(most + 1)
        if len(raw) > most:
            raise TooLarge
        return raw

    def put_away(self, name: str, where: str, answer: bytes | None, reason: bytes | None) -> None:
        """To `done` or `failed`; the answer and the reason are there first."""
        directory = os.open(where, _DIRECTORY, dir_fd=self._here)
        try:
            free = _free(name, directory)
            if reason is not None:
                _write(f"{free}.reason", reason, directory)
            if answer is not None:
                self._answer(free, answer, directory)
            os.rename(name, free, src_dir_fd=self._taken, dst_dir_fd=directory)
            os.fsync(directory)
            os.fsync(self._taken)
        finally:
            os.close(directory)

    def _answer(self, name: str, answer: bytes, directory: int) -> None:
        if self.folder.answers is None:
            _write(f"{name}.ack", answer, directory)
            return
        elsewhere = os.open(self.folder.answers, _DIRECTORY)
        try:
            _write(f"{name}.ack", answer, elsewhere)
        finally:
            os.close(elsewhere)

    def _is_ours(self, name: str) -> bool:
        lower = name.lower()
        marker = self.folder.marker
        hidden = name.startswith((".", "~"))
        return hidden or lower.endswith((*UNFINISHED, *OURS)) or bool(marker and name.endswith(marker))

    def _is_complete(self, name: str, names: Iterable[str], unchanged: float) -> bool:
        if self.folder.marker:
            return any(each in names for each in self._markers(name))
        return unchanged >= self.folder.quiet

    def _markers(self, name: str) -> tuple[str, str]:
        """`a.hl7.done` and `a.done` are both written for `a.hl7`."""
        return f"{name}{self.folder.marker}", f"{Path(name).stem}{self.folder.marker}"

    def _unmark(self, name: str) -> None:
        for each in self._markers(name) if self.folder.marker else ():
            try:
                os.unlink(each, dir_fd=self._here)
            except FileNotFoundError:
                continue

    def _is_there(self, name: str) -> bool:
        """Whether one of this name is in hand."""
        try:
            self._status(name, self._taken)
        except FileNotFoundError:
            return False
        return True

    def _sorted(self, files: Iterable[tuple[str, os.stat_result]]) -> list[str]:
        by_time = self.folder.order == "modified"
        return [name for _, name in sorted((s.st_mtime_ns if by_time else 0, name) for name, s in files)]

    def _status(self, name: str, directory: int) -> os.stat_result:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)

    def _made(self, name: str, mode: int) -> None:
        """With the rights of the folder itself."""
        try:
            os.mkdir(name, stat.S_IMODE(mode), dir_fd=self._here)
        except FileExistsError:
            if not stat.S_ISDIR(self._status(name, self._here).st_mode):
                raise FolderError(f"{self.folder.path / name} is no folder") from None


def _free(name: str, directory: int) -> str:
    """The name, or with a number if there is such a file already."""
    free, number = name, 1
    while True:
        try:
            os.stat(free, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return free
        number += 1
        free = f"{name}.{number}"


def _write(name: str, raw: bytes, directory: int) -> None:
    """All of it or nothing; a name that is taken is written anew."""
    beside = f".{name}.part"
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640, dir_fd=directory)
    with os.fdopen(number, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(number)
    os.rename(beside, name, src_dir_fd=directory, dst_dir_fd=directory)
