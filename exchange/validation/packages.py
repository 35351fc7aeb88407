"""FHIR packages by what they are told as: a file, a folder, or a name in the folder of packages.

https://confluence.hl7.org/display/FHIR/FHIR+Package+Cache
"""

from pathlib import Path

from profiles.packages.cache import PackageCache
from profiles.packages.dependencies import Need, dependencies, resolved
from profiles.packages.package import Package, PackageError, load_package
from profiles.packages.version_range import choose


def packages_told(told: str, folder: Path) -> list[Package]:
    """Of a .tgz, a folder, or a name with a range (`hl7.fhir.us.core#6.1.x`); what is needed comes first.

    No registry is asked. What is needed and not at hand is left out: what stands on it is told when it is
    missed. Raises PackageError and OSError.
    """
    cache = PackageCache(folder.expanduser())

    def provide(name: str, asked: str) -> tuple[str, Package] | None:
        version = choose(asked, cache.versions(name), {})
        package = cache.get(name, version) if version else None
        return (version, package) if version and package else None

    if Path(told).exists():
        package = load_package(Path(told))
        return [*resolved(dependencies(package).items(), provide).packages.values(), package]
    found = resolved([_need(told)], provide)
    if not found.packages:
        raise PackageError(f"there is no such package: neither a file or folder, nor in {folder}")
    return list(found.packages.values())


def _need(told: str) -> Need:
    name, _, asked = told.partition("#")
    return name, asked or "latest"
