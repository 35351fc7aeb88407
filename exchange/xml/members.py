"""What may stand in each element of FHIR XML, by the names that a namespace-aware parser gives.

https://hl7.org/fhir/R4/xml.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal

from exchange.xml import primitive
from exchange.xml.narrative import ROOT
from profiles.definitions import Definitions
from profiles.element import Element

FHIR: Final = "http://hl7.org/fhir"
Kind = Literal["primitive", "complex", "narrative", "wrapper", "resource"]


@dataclass(frozen=True)
class Member:
    """An element in its parent.

    name        the JSON property
    home        type or path that says what may stand in it
    attributes  those it may have, but for the `value` of a primitive
    """

    name: str
    kind: Kind
    home: str
    is_list: bool = False
    attributes: frozenset[str] = frozenset()
    read: primitive.Read = str

    @cached_property
    def levels(self) -> int:
        """How many arrays and objects JSON has for it, a primitive's sibling included."""
        return int(self.is_list) + (self.kind in ("primitive", "complex", "resource"))

    @cached_property
    def sibling(self) -> str:
        """The JSON property for a primitive's id and extensions."""
        return f"_{self.name}"


Members = Mapping[str, Member]

# Homes that are not types: that of a wrapper (`contained`), and that of what has markup of its own.
ANY_RESOURCE: Final = "a resource"
NARRATIVE: Final = "a narrative"

_ID: Final = frozenset(("id",))


class Homes(dict[str, Members]):
    """The members of each type or path, made when first asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def __missing__(self, home: str) -> Members:
        self[home] = members = dict(self._resources() if home == ANY_RESOURCE else self._members(home))
        return members

    def _resources(self) -> Iterator[tuple[str, Member]]:
        for name in sorted(self._definitions.resource_types):
            yield f"{FHIR} {name}", Member("", "resource", name)

    def _members(self, home: str) -> Iterator[tuple[str, Member]]:
        for element in self._definitions.children(home):
            if is_attribute(self._definitions, home, element):
                continue
            for name, code in element.properties.items():
                tag = ROOT if code == "xhtml" else f"{FHIR} {name}"
                yield tag, self._member(element, name, code)

    def _member(self, element: Element, name: str, code: str) -> Member:
        if code == "xhtml":
            return Member(name, "narrative", NARRATIVE)
        if code == "Resource":
            return Member(name, "wrapper", ANY_RESOURCE, element.is_list)
        if code in self._definitions.primitive_types:
            return Member(name, "primitive", "Element", element.is_list, _ID, primitive.read(code))
        home = home_of(self._definitions, element, code)
        allowed = _ID | {"url"} if home == "Extension" else _ID
        return Member(name, "complex", home, element.is_list, allowed)


def is_attribute(definitions: Definitions, home: str, element: Element) -> bool:
    """The ids of all but resources, and the URLs of extensions."""
    return element.path == "Extension.url" or (
        element.name == "id" and home not in definitions.resource_types
    )


def home_of(definitions: Definitions, element: Element, code: str) -> str:
    """The type or path whose members the element has, if its type is `code`."""
    return code if element.is_choice else definitions.home(element) or code


@cache
def homes(definitions: Definitions) -> Homes:
    """Those of these definitions, made once."""
    return Homes(definitions)
