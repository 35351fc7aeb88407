"""A value set as its rules: parts to include and exclude, each a system, concepts, filters, value sets.

https://hl7.org/fhir/R4/valueset.html#compositions
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from terminology.canonical import joined, order
from terminology.compile_code_system import UnusableDefinition
from terminology.designations import Designation, designation_of
from terminology.filters import Filter

SUPPLEMENT: Final = "http://hl7.org/fhir/StructureDefinition/valueset-supplement"
EXPANSION_PARAMETER: Final = frozenset(
    (
        "http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter",
        "http://hl7.org/fhir/tools/StructureDefinition/valueset-expansion-parameter",
    )
)
NONE: Final[tuple[Any, ...]] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A concept that a value set names, with what it calls it here."""

    code: str
    display: str
    designations: tuple[Designation, ...]
    extension: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One include or exclude: what all that it names have in common. `at` is where it stands."""

    at: str
    system: str = ""
    version: str = ""
    concepts: tuple[Reference, ...] = ()
    filters: tuple[Filter, ...] = ()
    value_sets: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.concepts and not self.filters


@dataclass(frozen=True)
class ValueSet:
    """`resource` is the definition as it was given; `parameters` are those it wants to be expanded by."""

    resource: Mapping[str, Any]
    url: str
    version: str
    included: tuple[Part, ...]
    excluded: tuple[Part, ...]
    inactive: bool | None
    supplements: tuple[str, ...]
    parameters: tuple[tuple[str, Any], ...]
    is_internal: bool = False

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def canonical(self) -> str:
        return joined(self.url, self.version)

    @property
    def name(self) -> str:
        """As messages name it."""
        return self.canonical or "(unidentified)"

    @property
    def excludes_inactive(self) -> bool:
        return self.inactive is False

    @property
    def newest_first(self) -> list[Part]:
        """The includes, those of one system with the newer versions first."""
        ranked = list(self.included)
        for system in {part.system for part in ranked if part.version}:
            at = [n for n, part in enumerate(ranked) if part.system == system and part.version]
            newest = sorted((ranked[n] for n in at), key=lambda part: order(part.version), reverse=True)
            for n, part in zip(at, newest, strict=True):
                ranked[n] = part
        return ranked


def value_set_of(resource: Mapping[str, Any]) -> ValueSet:
    """Raises UnusableDefinition."""
    compose = resource.get("compose", {})
    try:
        included = tuple(_part(each, f"include[{n}]") for n, each in enumerate(compose.get("include", ())))
        excluded = tuple(_part(each, f"exclude[{n}]") for n, each in enumerate(compose.get("exclude", ())))
    except (KeyError, TypeError, AttributeError) as error:
        raise UnusableDefinition(
            f"{resource.get('url', 'the value set')} has rules that are not FHIR"
        ) from error
    supplements = tuple(
        e.get("valueCanonical") or e.get("valueUri", "")
        for e in resource.get("extension", ())
        if e.get("url") == SUPPLEMENT
    )
    return ValueSet(
        resource,
        resource.get("url", ""),
        resource.get("version", ""),
        included,
        excluded,
        compose.get("inactive"),
        supplements,
        tuple(_parameters(compose)),
    )


def whole_system(url: str, version: str, name: str = "") -> ValueSet:
    """All codes of a code system, as if a value set said so."""
    part = Part("include[0]", url, version)
    return ValueSet({}, name or f"{url}/vs", version, (part,), (), None, (), (), is_internal=True)


def _part(given: Mapping[str, Any], at: str) -> Part:
    return Part(
        at,
        given.get("system", ""),
        given.get("version", ""),
        tuple(_reference(each) for each in given.get("concept", ())),
        tuple(
            Filter(each.get("property", ""), each.get("op", ""), each.get("value", ""))
            for each in given.get("filter", ())
        ),
        tuple(given.get("valueSet", ())),
    )


def _reference(given: Mapping[str, Any]) -> Reference:
    designations = tuple(made for each in given.get("designation", ()) if (made := designation_of(each)))
    display = given.get("display", "")
    return Reference(given["code"], display, designations, tuple(given.get("extension", ())))


def _parameters(compose: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for extension in compose.get("extension", ()):
        if extension.get("url") in EXPANSION_PARAMETER:
            parts = {each.get("url"): each for each in extension.get("extension", ())}
            name = parts.get("name", {}).get("valueCode") or parts.get("name", {}).get("valueString")
            value = next((v for k, v in parts.get("value", {}).items() if k.startswith("value")), None)
            if name and value is not None:
                found.append((name, value))
    found += (("property", each) for each in compose.get("property", ()) if isinstance(each, str))
    return found
