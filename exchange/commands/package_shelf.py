"""FHIR packages that stand in folders, found by what their manifests say.

https://hl7.org/fhir/R4/packages.html
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from profiles.packages.package import Package, PackageError, load_package

ARCHIVE: Final = ".tgz"
MANIFESTS: Final = ("package/package.json", "package.json")


class PackageShelf:
    """The packages below some folders; a package is read when it is first asked for."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._paths = [path for folder in folders for path in _packages(folder)]

    def find(self, wanted: str, folder: Path | None = None) -> Package | None:
        """By `id`, `id#version` or the path of a file in `folder`; a patch version may differ."""
        if folder and (folder / wanted).is_file():
            return _load(folder / wanted)
        name, _, version = wanted.removesuffix(ARCHIVE).partition("#")
        held = [
            package
            for path in self._paths
            if (package := _load(path)) and package.manifest.get("name") == name
        ]
        held.sort(key=lambda package: _numbers(package.manifest.get("version", "")))
        same = [one for one in held if not version or one.manifest.get("version") == version]
        near = [one for one in held if _numbers(one.manifest.get("version", ""))[:2] == _numbers(version)[:2]]
        return next(reversed(same or near), None)


def _packages(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.suffix == ARCHIVE or any((path / name).is_file() for name in MANIFESTS):
            yield path


@cache
def _load(path: Path) -> Package | None:
    try:
        return load_package(path)
    except PackageError:
        return None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.partition("-")[0].split(".") if part.isdigit()]
