"""The cache of packages in the conventional layout: `<folder>/<name>#<version>/package/…`.

https://confluence.hl7.org/display/FHIR/FHIR+Package+Cache
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from profiles.packages.package import Package, PackageError, load_package

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,213}", re.IGNORECASE)
VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+$_-]{0,127}")


class PackageCache:
    """Packages are put whole or not at all: another process sees no half of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str, version: str) -> Package | None:
        path = self._path(name, version)
        return load_package(path) if (path / "package" / "package.json").is_file() else None

    def put(self, name: str, version: str, package: Package) -> None:
        """One that is there already is replaced. Raises PackageError."""
        path = self._path(name, version)
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-") as made:
            for file, content in package.files.items():
                target = Path(made) / "package" / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
            (Path(made) / "package").rename(path / "package")

    def versions(self, name: str) -> list[str]:
        return [version for held, version in self.held() if held == name]

    def held(self) -> Iterator[tuple[str, str]]:
        """(name, version) of every package in the cache."""
        for path in sorted(self._folder.glob("*#*/package/package.json")):
            name, _, version = path.parent.parent.name.partition("#")
            yield name, version

    def _path(self, name: str, version: str) -> Path:
        if not NAME.fullmatch(name) or not VERSION.fullmatch(version):
            raise PackageError(f"{name}#{version} is no name and version of a package")
        return self._folder / f"{name}#{version}"
