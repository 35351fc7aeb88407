"""`$preferred-id`: another name of a system, of the kind that is wanted: by the NamingSystems at hand, the
OIDs that CodeSystems say they have, and the names that everybody knows.

https://hl7.org/fhir/R4/namingsystem-operation-preferred-id.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from terminology.library import Library
from terminology.naming import ALIASES, OID, canonical_system

UUID: Final = "urn:uuid:"
KINDS: Final = ("oid", "uuid", "uri", "other")
Name = tuple[str, str, bool]
"""Kind, value, and whether it is the preferred one of its kind."""


def preferred_id(library: Library, name: str, kind: str) -> str | None:
    """The preferred one of that kind, else the first; None if there is none."""
    wanted = _key(name)
    found: list[Name] = []
    for names in _known(library):
        if any(_key(value) == wanted for _, value, _ in names):
            found += [each for each in names if each[0] == kind]
    found.sort(key=lambda each: not each[2])
    return next((_shown(kind, value) for _, value, _ in found), None)


def _known(library: Library) -> Iterator[Sequence[Name]]:
    yield from library.remembered("names", lambda: list(_defined(library)))
    for system, others in ALIASES.items():
        yield [_named(system, preferred=True), *(_named(each) for each in others)]


def _defined(library: Library) -> Iterator[Sequence[Name]]:
    for entry in library.entries("NamingSystem"):
        yield [
            (each.get("type", ""), each.get("value", ""), each.get("preferred") is True)
            for each in entry.glimpsed().get("uniqueId", ())
        ]
    for entry in library.entries("CodeSystem"):
        if oids := [value for value in _identifiers(entry.glimpsed()) if value.startswith((OID, UUID))]:
            yield [("uri", entry.url, True), *(_named(each) for each in oids)]


def _identifiers(resource: Mapping[str, Any]) -> Iterator[str]:
    """R4 says an array; some packages have one object."""
    given = resource.get("identifier", ())
    for each in [given] if isinstance(given, Mapping) else given:
        yield each.get("value", "")


def _named(value: str, *, preferred: bool = False) -> Name:
    kind = "oid" if value.startswith(OID) else "uuid" if value.startswith(UUID) else "uri"
    return kind, value, preferred


def _key(name: str) -> str:
    """The same for a name with its `urn:` and without."""
    plain = canonical_system(name)
    return plain.removeprefix(OID).removeprefix(UUID).lower()


def _shown(kind: str, value: str) -> str:
    return value.removeprefix(OID).removeprefix(UUID) if kind in ("oid", "uuid") else value
