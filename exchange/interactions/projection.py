"""Parts of resources: which elements a summary or a choice of elements leaves, at every depth.

A tree is compiled once for each type and for each path that has children of its own. What must be there to
make a valid resource stays; an element that would lose all it has stays whole if it must be there, and goes
otherwise. https://hl7.org/fhir/R4/search.html#summary · https://hl7.org/fhir/R4/search.html#elements
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from profiles.definitions import Definitions
from profiles.element import Element

Resource = dict[str, Any]


@dataclass(slots=True)
class Node:
    """What stays of an object: of each property a part, or all of it (None).

    required  the properties that must not go, whatever becomes of them
    """

    kept: dict[str, "Node | None"] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)

    def keep(self, name: str, part: "Node | None", required: bool) -> None:
        self.kept[name] = part
        if required:
            self.required.add(name)


# Names of elements that were asked for, each with what is asked of its own; empty for all of it.
Names: TypeAlias = "dict[str, Names]"


def project(node: Node, value: Resource) -> Resource:
    """The part of `value`; its order is the same."""
    kept: Resource = {}
    for name, child in value.items():
        stem = name[1:] if name[:1] == "_" else name
        if stem not in node.kept:
            continue
        part = node.kept[stem]
        if part is None or name is not stem:
            kept[name] = child
        else:
            left = _part(part, child)
            if left:
                kept[name] = left
            elif stem in node.required:
                kept[name] = child
    return kept


def _part(node: Node, value: Any) -> Any:
    if type(value) is dict:
        return project(node, value)
    if type(value) is list:
        return [left for item in value if (left := _part(node, item))]
    return value


class Summaries(dict[str, Node]):
    """The tree of the elements marked as summary, for each type or path; made when first asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def __missing__(self, home: str) -> Node:
        self[home] = node = _rooted(self._definitions, home)
        for element in self._definitions.children(home):
            if element.is_summary or element.is_modifier or _must(element) or element.path == "Extension.url":
                for name, code in element.properties.items():
                    node.keep(name, self._part(element, code), _must(element))
        return node

    def _part(self, element: Element, code: str) -> Node | None:
        """What stays of an element: of one that is there only because it must, what must be there too."""
        if code in self._definitions.primitive_types or code in _WHOLE:
            return None
        return self[code if element.is_choice else self._definitions.home(element) or code]


def text(definitions: Definitions, resource_type: str) -> Node:
    """The narrative and what must be there."""
    return _chosen(definitions, resource_type, lambda element: element.name in ("text", "modifierExtension"))


def chosen(definitions: Definitions, home: str, names: Names) -> Node:
    """The elements of these names, what must be there, and what changes the meaning of the rest."""
    node = _chosen(definitions, home, lambda element: element.is_modifier)
    for element in definitions.children(home):
        for property_, code in element.properties.items():
            deeper = names.get(property_)
            if deeper is None and element.is_choice:
                deeper = names.get(element.name.removesuffix("[x]"))
            if deeper is not None:
                part = _deeper(definitions, element, code, deeper)
                node.keep(property_, part, _must(element))
    return node


def _deeper(definitions: Definitions, element: Element, code: str, names: Names) -> Node | None:
    if not names or code in definitions.primitive_types or code in _WHOLE:
        return None
    return chosen(definitions, code if element.is_choice else definitions.home(element) or code, names)


def _chosen(definitions: Definitions, home: str, wanted: Callable[[Element], bool]) -> Node:
    node = _rooted(definitions, home)
    for element in definitions.children(home):
        if _must(element) or wanted(element):
            for property_ in element.properties:
                node.keep(property_, None, _must(element))
    return node


def _rooted(definitions: Definitions, home: str) -> Node:
    """Who the resource is, and by which rules it is to be read."""
    if home not in definitions.resource_types:
        return Node()
    return Node(dict.fromkeys(_ROOT), set(_ROOT))


def _must(element: Element) -> bool:
    return element.min > 0


_ROOT: Final = ("resourceType", "id", "meta", "implicitRules")
# What is not cut: resources in resources have a meaning of their own, and so have extensions.
_WHOLE: Final = frozenset(("Resource", "Extension", "Narrative", "Meta", "xhtml"))
