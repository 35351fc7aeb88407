"""The R4 definitions that travel with the product: types, elements, search parameters, code sets.

https://hl7.org/fhir/R4/profilelist.html
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec

from profiles.element import Element, named
from profiles.packages.canonicals import Canonicals
from profiles.packages.package import Package, load_package
from profiles.snapshot import CORE, members
from profiles.value_set import Coding, FoundLibrary, NotEnumerable, codings

R4 = Path(__file__).parent / "r4" / "hl7.fhir.r4.core-4.0.1-slim.tgz"
ABSTRACT_RESOURCES = frozenset(("Resource", "DomainResource"))


class SearchParameterComponent(msgspec.Struct, frozen=True):
    definition: str
    expression: str


class SearchParameter(msgspec.Struct, frozen=True, rename="camel"):
    """https://hl7.org/fhir/R4/searchparameter.html"""

    url: str
    code: str
    type: str
    base: tuple[str, ...] = ()
    expression: str | None = None
    target: tuple[str, ...] = ()
    comparator: tuple[str, ...] = ()
    modifier: tuple[str, ...] = ()
    multiple_or: bool | None = None
    multiple_and: bool | None = None
    component: tuple[SearchParameterComponent, ...] = ()


class _Compartment(msgspec.Struct, frozen=True):
    code: str
    param: tuple[str, ...] = ()


class _Compartments(msgspec.Struct, frozen=True):
    resource: tuple[_Compartment, ...]


_SEARCH_PARAMETER = msgspec.json.Decoder(SearchParameter)
_COMPARTMENTS = msgspec.json.Decoder(_Compartments)


class Definitions:
    """What the packages define. Each part is read when it is first asked for; nothing is ever changed."""

    def __init__(self, packages: Sequence[Package]) -> None:
        """Which definition answers a URL that several packages hold: see `profiles.packages.canonicals`."""
        self.canonicals = Canonicals(packages)
        self._members: dict[str, Mapping[str, tuple[Element, ...]]] = {}
        self._named: dict[str, Mapping[str, Element]] = {}
        self._codings: dict[str, frozenset[Coding] | None] = {}
        self._library = FoundLibrary(self.resource)
        self.resource_types = self._types("resource") - ABSTRACT_RESOURCES
        self.primitive_types = self._types("primitive-type")
        self.complex_types = self._types("complex-type")

    @cached_property
    def search_parameters(self) -> tuple[SearchParameter, ...]:
        return tuple(self._search_parameters())

    def resource(self, url: str) -> dict[str, Any] | None:
        """The definition with this canonical; a version that is not there is answered by the latest."""
        return self.canonicals.resource(url) or self.canonicals.resource(url.partition("|")[0])

    def and_packages(self, *packages: Package) -> "Definitions":
        """These definitions and those of further packages, which come last."""
        return Definitions((*self.canonicals.packages, *packages))

    def compartment(self, code: str) -> Mapping[str, tuple[str, ...]]:
        """Resource type → codes of the search parameters that put it in the compartment of a `code`."""
        url = f"http://hl7.org/fhir/CompartmentDefinition/{code[:1].lower()}{code[1:]}"
        source = self.canonicals.source(url)
        if not source:
            raise KeyError(url)
        compartment = _COMPARTMENTS.decode(source[0].files[source[1].filename])
        return {member.code: member.param for member in compartment.resource if member.param}

    def children(self, path: str) -> tuple[Element, ...]:
        """The elements of a type (`HumanName`) or below a path (`Patient.contact`), a choice as one."""
        home = self._home_of_path(path)
        return self._members_at(home) if home else ()

    def element(self, path: str) -> Element | None:
        """The element at a path that may lead through data types: `Patient.contact.name.given`.

        A choice is found as `value[x]`, as `value` and, with that type alone, as `valueQuantity`.
        """
        parent, _, name = path.rpartition(".")
        home = self._home_of_path(parent) if parent else None
        return self._named_at(home).get(name) if home else None

    def codings(self, value_set: str) -> frozenset[Coding] | None:
        """(system, code) of all members, or None if the packages cannot enumerate the value set."""
        url = value_set.partition("|")[0]
        if url not in self._codings:
            self._codings[url] = self._enumerated(url)
        return self._codings[url]

    def codes(self, value_set: str) -> frozenset[str] | None:
        """The codes of all members, or None if the packages cannot enumerate the value set."""
        members = self.codings(value_set)
        return None if members is None else frozenset(code for _, code in members)

    def home(self, element: Element) -> str | None:
        """The type or path whose children the element has; None for a choice, which has several."""
        if element.content_reference:
            return element.content_reference
        if self._members_at(element.path):
            return element.path
        return element.types[0] if len(element.types) == 1 else None

    def _types(self, kind: str) -> frozenset[str]:
        return frozenset(
            entry.type
            for _, entry in self.canonicals.listed("StructureDefinition")
            if entry.kind == kind and entry.url == f"{CORE}{entry.type}"
        )

    def _search_parameters(self) -> Iterator[SearchParameter]:
        for package, entry in self.canonicals.listed("SearchParameter"):
            parameter = _SEARCH_PARAMETER.decode(package.files[entry.filename])
            if parameter.base:
                yield parameter

    def _enumerated(self, url: str) -> frozenset[Coding] | None:
        value_set = self.resource(url)
        try:
            return codings(value_set, self._library) if value_set else None
        except NotEnumerable:
            return None

    def _home_of_path(self, path: str) -> str | None:
        first, *rest = path.split(".")
        home: str | None = first
        for name in rest:
            element = self._named_at(home).get(name) if home else None
            home = self.home(element) if element else None
        return home

    def _members_at(self, home: str) -> tuple[Element, ...]:
        name = home.partition(".")[0]
        if name not in self._members:
            source = self.canonicals.source(CORE + name)
            self._members[name] = members(source[0].files[source[1].filename]) if source else {}
        return self._members[name].get(home, ())

    def _named_at(self, home: str) -> Mapping[str, Element]:
        if home not in self._named:
            self._named[home] = named(self._members_at(home))
        return self._named[home]


@cache
def definitions() -> Definitions:
    """Those of R4 4.0.1, loaded once."""
    return Definitions([load_package(R4)])
