"""Packages that a command is told of, with what they need of the folder of packages; no registry is asked."""

from pathlib import Path

from exchange.commands.refused import Refused
from exchange.settings import Settings
from profiles.packages.cache import PackageCache
from profiles.packages.dependencies import Need, dependencies, resolved
from profiles.packages.package import Package, PackageError, load_package
from profiles.packages.version_range import choose


def packages_at_hand(told: str) -> list[Package]:
    """Of a .tgz, a folder, or a name with a range (`hl7.fhir.us.core#6.1.x`); what is needed comes first.

    What it needs and is not at hand is left out: what stands on it is told when it is missed. Raises Refused.
    """
    folder = Settings().package_folder
    cache = PackageCache(folder.expanduser())

    def provide(name: str, asked: str) -> tuple[str, Package] | None:
        version = choose(asked, cache.versions(name), {})
        package = cache.get(name, version) if version else None
        return (version, package) if version and package else None

    try:
        if Path(told).exists():
            package = load_package(Path(told))
            return [*resolved(dependencies(package).items(), provide).packages.values(), package]
        found = resolved([_need(told)], provide)
    except (PackageError, OSError) as error:
        raise Refused(f"{told}: {error}") from None
    if not found.packages:
        raise Refused(f"there is no package {told}: neither a file or folder, nor in {folder}")
    return list(found.packages.values())


def _need(told: str) -> Need:
    name, _, asked = told.partition("#")
    return name, asked or "latest"
