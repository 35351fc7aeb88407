"""Where packages come from: a file or folder, the folder of packages, a registry."""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from profiles.packages.cache import PackageCache
from profiles.packages.dependencies import Need
from profiles.packages.package import Package, PackageError, load_package, unpacked
from profiles.packages.registry import Listing, Registry
from profiles.packages.version_range import choose

TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)


class PackageSources:
    """Looks where a package is at hand; what comes from a registry is kept in the folder."""

    def __init__(self, folder: Path, registry: str) -> None:
        self._cache = PackageCache(folder.expanduser())
        self._client = httpx.Client(timeout=TIMEOUT)
        self._registry = Registry(registry, self._client)
        self._listings: dict[str, Listing | None] = {}
        self.silent: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def wanted(self, told: str) -> Need:
        """The name and the range that a user tells; a file or folder is put into the folder of packages."""
        path = Path(told)
        if not path.exists():
            name, _, asked = told.replace("@", "#", 1).partition("#")
            return name, asked or "latest"
        package = load_package(path)
        name, version = (str(package.manifest.get(key, "")) for key in ("name", "version"))
        self._cache.put(name, version, package)
        return name, version

    def provide(self, name: str, asked: str) -> tuple[str, Package] | None:
        """The version that is best for a range, and the package. Raises PackageError and UnreadableRange.

        A version named exactly that is at hand is not asked for again; for a range the registry decides, and
        what is at hand where the registry does not answer: `silent` says why.
        """
        at_hand = self._cache.versions(name)
        if asked not in at_hand and (chosen := self._of_registry(name, asked)):
            return chosen
        version = choose(asked, at_hand, {})
        package = self._cache.get(name, version) if version else None
        return (version, package) if version and package else None

    def _of_registry(self, name: str, asked: str) -> tuple[str, Package] | None:
        listing = self._listing(name)
        version = choose(asked, listing.versions, listing.tags) if listing else None
        if listing is None or version is None:
            return None
        held = self._cache.get(name, version)
        if held:
            return version, held
        package = unpacked(self._registry.archive(listing.versions[version]))
        if package.manifest.get("name") != name:
            raise PackageError(f"the registry gives {package.manifest.get('name')} for {name}")
        self._cache.put(name, version, package)
        return version, package

    def _listing(self, name: str) -> Listing | None:
        if name not in self._listings:
            try:
                self._listings[name] = self._registry.listing(name)
            except PackageError as error:
                self._listings[name] = None
                self.silent.append(str(error))
        return self._listings[name]
