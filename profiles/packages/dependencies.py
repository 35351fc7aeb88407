"""All packages that some packages need, and where they do not agree.

Several versions of one package can stand side by side, for canonicals name versions; that two are needed is
told nevertheless. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from profiles.cn.structures import NAME, VERSION
from profiles.packages.package import Package, PackageError
from profiles.packages.version_range import UnreadableRange, accepts

BUILT_IN: Final = {"hl7.fhir.r4.core": "4.0.1", NAME: VERSION}
MAX_PACKAGES: Final = 500
Need = tuple[str, str]
Provide = Callable[[str, str], tuple[str, Package] | None]


@dataclass(slots=True)
class Resolved:
    """`packages` are in an order in which each comes after what it needs, but for cycles.

    missing    what nobody provides, with who needs it
    conflicts  packages of which more than one version is needed
    foreign    packages of another version of FHIR, which are left out
    """

    packages: dict[Need, Package] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


def resolved(wanted: Iterable[Need], provide: Provide) -> Resolved:
    """`provide` gives the version chosen for a name and a range, and the package. Raises PackageError."""
    found = Resolved()
    for name, asked in wanted:
        _resolve(found, name, asked, "you", provide, ())
    return found


def dependencies(package: Package) -> dict[str, str]:
    """Name → range, as the manifest has it. Raises PackageError."""
    named = package.manifest.get("dependencies") or {}
    if not isinstance(named, dict):
        raise PackageError("the dependencies in package.json are no object")
    return {str(name): str(asked) for name, asked in named.items()}


def _resolve(
    found: Resolved, name: str, asked: str, by: str, provide: Provide, open_: tuple[Need, ...]
) -> None:
    if _is_built_in(name, asked) or _is_met(found, open_, name, asked):
        return
    provided = _provided(name, asked, provide)
    if provided is None:
        found.missing.append(f"{name}#{asked} (needed by {by})")
        return
    version, package = provided
    need = name, version
    if need in found.packages or need in open_:
        return
    if len(found.packages) + len(open_) >= MAX_PACKAGES:
        raise PackageError(f"more than {MAX_PACKAGES} packages are needed")
    if not _is_r4(package):
        found.foreign.append(f"{name}#{version} (needed by {by})")
        return
    for other, wanted in dependencies(package).items():
        _resolve(found, other, wanted, f"{name}#{version}", provide, (*open_, need))
    held = [one for other, one in found.packages if other == name]
    if held:
        found.conflicts.append(f"{name}: {', '.join([*held, version])} (the last needed by {by})")
    found.packages[need] = package


def _is_built_in(name: str, asked: str) -> bool:
    return name in BUILT_IN and (asked in ("", "*", "latest") or accepts(asked, BUILT_IN[name]))


def _is_met(found: Resolved, open_: tuple[Need, ...], name: str, asked: str) -> bool:
    """Whether a version that is there already will do."""
    held = [version for other, version in (*found.packages, *open_) if other == name]
    return any(version == asked or _accepts(asked, version) for version in held)


def _accepts(asked: str, version: str) -> bool:
    try:
        return accepts(asked, version)
    except UnreadableRange:
        return False


def _provided(name: str, asked: str, provide: Provide) -> tuple[str, Package] | None:
    try:
        return provide(name, asked)
    except UnreadableRange as error:
        raise PackageError(f"{name}: {error}") from error


def _is_r4(package: Package) -> bool:
    """Terminology packages may name several versions of FHIR, and some name none."""
    manifest = package.manifest
    named = manifest.get("fhirVersions") or manifest.get("fhir-version-list") or []
    return not named or any(str(one).startswith(("4.0", "4.1", "4.3")) for one in named)
