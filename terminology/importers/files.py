"""The files of a release: in a folder, or in the archive that the publisher gives out.

https://loinc.org/downloads/, https://confluence.ihtsdotools.org/display/DOCRELFMT
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO

from terminology.importers.release import UnusableFile


@dataclass(frozen=True, slots=True)
class Files:
    """`root` is a folder, a .zip, or one file."""

    root: Path

    def names(self) -> list[str]:
        if self.root.is_dir():
            found = (each for each in self.root.rglob("*") if each.is_file())
            return sorted(each.relative_to(self.root).as_posix() for each in found)
        if zipfile.is_zipfile(self.root) and self.root.suffix == ".zip":
            with zipfile.ZipFile(self.root) as archive:
                return sorted(name for name in archive.namelist() if not name.endswith("/"))
        return [self.root.name]

    def matching(self, *patterns: str) -> list[str]:
        """By the last part of their names."""
        return [
            name
            for name in self.names()
            if any(fnmatch(PurePosixPath(name).name, pattern) for pattern in patterns)
        ]

    def one(self, what: str, *patterns: str) -> str:
        """Raises UnusableFile where none is there, or more than one."""
        found = self.matching(*patterns)
        if len(found) != 1:
            told = f"several files: {', '.join(found[:5])}" if found else "no file"
            raise UnusableFile(f"{self.root} has {told} {' or '.join(patterns)} ({what})")
        return found[0]

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        if self.root.is_dir():
            with (self.root / name).open("rb") as file:
                yield file
        elif self.root.suffix == ".zip" and zipfile.is_zipfile(self.root):
            with zipfile.ZipFile(self.root) as archive, archive.open(name) as entry:
                yield entry
        else:
            with self.root.open("rb") as file:
                yield file

    def lines(self, name: str) -> Iterator[str]:
        """UTF-8; line ends are kept. Raises UnusableFile where it is not."""
        with self.opened(name) as file:
            read = 0
            try:
                with io.TextIOWrapper(file, "utf-8-sig", newline="") as text:
                    for line in text:
                        read += 1
                        yield line
            except UnicodeDecodeError:
                raise UnusableFile(f"{name}, after line {read}: this is not UTF-8") from None
