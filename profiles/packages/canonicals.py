"""Conformance resources by canonical URL and version, over several packages.

    canonicals = Canonicals([load_package(R4), load_package(us_core), package_of(uploaded)])
    canonicals.structure("http://…/us-core-patient|6.1.0")   the StructureDefinition with a snapshot, or None
    canonicals.structure("Patient")                          the same of a type of R4, by its name
    canonicals.resource("http://…/ValueSet/x|1.0")           any definition as JSON, or None
    canonicals.profiles("Patient")                           canonical URLs of the profiles on a type
    canonicals.and_packages(package)                         the same world and more: nothing is ever changed

`url|version` is answered by that version, else by the latest of its major and minor number, else not.
A bare `url` is answered by an active definition rather than a draft, by a draft rather than a retired one;
among those by the latest version, then the latest date, then the package that was given last.
https://hl7.org/fhir/R4/references.html#canonical
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from profiles.packages.package import Listed, Package
from profiles.packages.version import Key, is_compatible, version_key
from profiles.snapshots.error import SnapshotError

if TYPE_CHECKING:
    from profiles.snapshots.snapshot import Snapshots

CORE: Final = "http://hl7.org/fhir/StructureDefinition/"
STRUCTURE: Final = "StructureDefinition"
_PREFERENCE: Final = {"active": 2, "draft": 1, "unknown": 1, "retired": 0}
Source = tuple[Package, Listed]


class Canonicals:
    """What the packages hold, by canonical. The JSON that is given is not to be changed."""

    def __init__(self, packages: Sequence[Package]) -> None:
        self.packages = tuple(packages)
        self._sources: dict[str, list[Source]] = {}
        for package in packages:
            for entry in package.index:
                if entry.url:
                    self._sources.setdefault(entry.url, []).append((package, entry))
        self._structures: dict[tuple[Package, str], dict[str, Any]] = {}
        self._faults: dict[tuple[Package, str], SnapshotError] = {}
        self._chosen: dict[str, Source | None] = {}

    def and_packages(self, *packages: Package) -> "Canonicals":
        """Those and these, which come last."""
        return Canonicals((*self.packages, *packages))

    def source(self, canonical: str) -> Source | None:
        """The package and the index entry of what answers a canonical."""
        url, _, version = canonical.partition("|")
        held = self._sources.get(url, [])
        if version:
            return _best(_of_version(held, version))
        if url not in self._chosen and len(held) > 1:
            self._chosen[url] = _best(held)
        return self._chosen.get(url) or (held[0] if held else None)

    def resource(self, canonical: str) -> dict[str, Any] | None:
        """The definition as its package has it."""
        found = self.source(canonical)
        return found and found[0].json(found[1].filename)

    def structure(self, canonical: str) -> dict[str, Any] | None:
        """A StructureDefinition with its snapshot, by canonical or by the name of a type.

        A published snapshot is taken as it is; where there is none, it is made from the differential, which
        raises SnapshotError if it cannot be.
        """
        found = self.source(canonical if ":" in canonical else CORE + canonical)
        if found is None or found[1].resource_type != STRUCTURE:
            return None
        package, entry = found
        key = (package, entry.filename)
        if key in self._faults:
            raise self._faults[key]
        if key not in self._structures:
            structure = self._structures[key] = package.json(entry.filename)
            if "snapshot" not in structure:
                self._make(key, structure)
        return self._structures[key]

    def _make(self, key: tuple[Package, str], structure: dict[str, Any]) -> None:
        """While a snapshot is made, who asks is given the definition without one."""
        try:
            made = self._snapshots.made(structure)
        except SnapshotError as error:
            del self._structures[key]
            self._faults[key] = error
            raise
        self._structures[key] = {**structure, "snapshot": {"element": made}}

    @cached_property
    def _snapshots(self) -> "Snapshots":
        from profiles.snapshots.snapshot import Snapshots  # much code that few processes need

        return Snapshots(self.structure)

    def versions(self, url: str) -> list[str]:
        """Every version that is there of a URL, oldest first."""
        return sorted({entry.version for _, entry in self._sources.get(url, ())}, key=version_key)

    def listed(self, resource_type: str) -> Iterator[Source]:
        """The definitions of one kind that bare URLs are answered by."""
        for url, held in self._sources.items():
            found = held[0] if len(held) == 1 else self.source(url)
            if found and found[1].resource_type == resource_type:
                yield found

    def profiles(self, type_name: str) -> list[str]:
        """Canonical URLs of what constrains a type (`Extension` gives the extensions)."""
        return [
            entry.url
            for _, entry in self.listed(STRUCTURE)
            if entry.type == type_name and entry.url != CORE + type_name
        ]


def _of_version(held: Sequence[Source], version: str) -> list[Source]:
    same = [one for one in held if one[1].version == version]
    return same or [one for one in held if is_compatible(version, one[1].version)]


def _best(held: Sequence[Source]) -> Source | None:
    if len(held) < 2:
        return held[0] if held else None
    return max(enumerate(held), key=lambda numbered: (*_rank(numbered[1]), numbered[0]))[1]


def _rank(source: Source) -> tuple[int, Key, str]:
    package, entry = source
    content = package.json(entry.filename)
    return _PREFERENCE.get(content.get("status", ""), 1), version_key(entry.version), content.get("date", "")
