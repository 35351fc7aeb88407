"""Writes FHIR XML: elements in the order of their definitions, ids and extension URLs as attributes.

https://hl7.org/fhir/R4/xml.html
"""

from functools import cache
from typing import Any, Final, NamedTuple

from exchange.xml import primitive
from exchange.xml.markup import (
    Unwritable,
    Write,
    below,
    each,
    each_with_sibling,
    narrative,
    nothing,
    own_attribute,
    with_sibling,
)
from exchange.xml.members import FHIR, home_of, is_attribute
from profiles.definitions import Definitions
from profiles.element import Element
from terminology.issue import Issue

Resource = dict[str, Any]

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
_SHOWN: Final = 64


class UnwritableXml(ValueError):
    """The resource has something that FHIR XML cannot hold."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.diagnostics)
        self.issue = issue


def dumps(resource: Resource, definitions: Definitions) -> bytes:
    """The XML document, in UTF-8, of a resource whose structure is valid.

    Raises UnwritableXml where JSON may hold what XML may not (U+FFFF, a narrative that is not well-formed),
    and for what R4 does not define.
    """
    try:
        return (DECLARATION + _markup(definitions).resource(resource, f' xmlns="{FHIR}"')).encode()
    except ValueError as error:
        at = error.at if isinstance(error, Unwritable) else ""
        root = resource["resourceType"] if at else ""
        raise UnwritableXml(Issue("error", "value", str(error), f"{root}{at}")) from None


class _Properties(NamedTuple):
    """Those of a type by their names in JSON: how they are ordered, how written, and which are attributes."""

    ranks: dict[str, int]
    writes: dict[str, Write]
    attributes: list[str]

    def add(self, name: str, rank: int, write: Write) -> None:
        self.ranks[name], self.writes[name] = rank, write


class _Markup(dict[str, _Properties]):
    """The properties of each type or path, made when first asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def resource(self, value: Any, attributes: str = "") -> str:
        kind = value.get("resourceType") if type(value) is dict else None
        if type(kind) is not str or kind not in self._definitions.resource_types:
            raise ValueError("A resource of FHIR R4 is expected here")
        return self.element(kind, kind, value, attributes)

    def element(self, home: str, name: str, value: Any, attributes: str = "") -> str:
        """The markup of an object; `attributes` are further ones than its own."""
        if type(value) is not dict:
            raise ValueError(f"An object is expected here, not {type(value).__name__}")
        ranks, writes, own = self[home]
        try:
            keys = sorted(value, key=ranks.__getitem__)
        except KeyError as error:
            raise ValueError(f"{home} has no property {str(error)[:_SHOWN]}") from None
        parts = []
        for key in keys:
            try:
                parts.append(writes[key](value[key], value))
            except ValueError as error:
                raise below(f".{key.removeprefix('_')}", error) from None
        split = sum(map(value.__contains__, own))
        tag, content = f"{name}{''.join(parts[:split])}{attributes}", "".join(parts[split:])
        return f"<{tag}>{content}</{name}>" if content else f"<{tag}/>"

    def __missing__(self, home: str) -> _Properties:
        self[home] = properties = _Properties({}, {}, [])
        if home in self._definitions.resource_types:
            properties.add("resourceType", 0, nothing)
        for rank, element in enumerate(self._definitions.children(home)):
            if is_attribute(self._definitions, home, element):
                properties.add(element.name, -1, own_attribute(element.name))
                properties.attributes.append(element.name)
                continue
            for name, code in element.properties.items():
                if code in self._definitions.primitive_types and code != "xhtml":
                    self._add_primitive(properties, rank, element, name, code)
                else:
                    write = self._complex(element, name, code)
                    properties.add(name, rank, each(write) if element.is_list else write)
        return properties

    def _add_primitive(
        self, properties: _Properties, rank: int, element: Element, name: str, code: str
    ) -> None:
        text = primitive.write(code)

        def one(value: Any, sibling: Any) -> str:
            if sibling is None:
                return f'<{name} value="{text(value)}"/>'
            return self.element("Element", name, sibling, "" if value is None else f' value="{text(value)}"')

        value, sibling = (each_with_sibling if element.is_list else with_sibling)(name, one)
        properties.add(name, rank, value)
        properties.add(f"_{name}", rank, sibling)

    def _complex(self, element: Element, name: str, code: str) -> Write:
        if code == "xhtml":
            return narrative
        if code == "Resource":
            return lambda value, owner: f"<{name}>{self.resource(value)}</{name}>"
        home = home_of(self._definitions, element, code)
        return lambda value, owner: self.element(home, name, value)


@cache
def _markup(definitions: Definitions) -> _Markup:
    return _Markup(definitions)
