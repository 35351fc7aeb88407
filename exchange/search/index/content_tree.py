"""Where in a resource there is text for people to read, beside what other search parameters read: `_content`.

A tree of JSON names, made of the definitions; what carries no text for people (identifiers, numbers,
telecoms, extensions, contained resources) is not in it.

https://hl7.org/fhir/R4/search.html#content
"""

from collections.abc import Iterable
from typing import Any, Final

from exchange.search.definition.definitions import Definitions, Element

Tree = dict[str, Any]
"""JSON name → the tree below, or None where there is text."""

Names = tuple[str, ...]

_TEXT: Final = frozenset(("string", "markdown"))
_NUMBERS: Final = (
    "Quantity",
    "SimpleQuantity",
    "Age",
    "Count",
    "Distance",
    "Duration",
    "Money",
    "Range",
    "Ratio",
)
_SILENT: Final = frozenset(
    (
        *_NUMBERS,
        *("Identifier", "ContactPoint", "Period", "Timing", "SampledData", "Signature", "Extension"),
        *("Meta", "Narrative", "Resource", "xhtml", "Expression"),
    )
)
_LABELS: Final = {"Coding": "display", "Reference": "display", "Attachment": "title"}


class ContentTrees:
    """The trees of the types. Those of data types and of recursive elements are shared."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._shared: dict[str, Tree] = {}

    def of(self, resource_type: str, read: Iterable[Names]) -> Tree:
        """The tree of a resource type without the elements (by JSON names) that are `read` otherwise."""
        return self._specific(resource_type, (), frozenset(read))

    def _specific(self, home: str, names: Names, read: frozenset[Names]) -> Tree:
        tree: Tree = {}
        for element in self._definitions.children(home):
            for name, data_type in element.properties.items():
                own = (*names, name)
                if own in read or data_type in _SILENT:
                    continue
                below = self._home(element, data_type)
                if below and any(each[: len(own)] == own for each in read):
                    self._put(tree, name, self._specific(below, own, read))
                else:
                    self._add(tree, name, data_type, below)
        return tree

    def _tree(self, home: str) -> Tree:
        if home not in self._shared:
            tree = self._shared[home] = {}
            for element in self._definitions.children(home):
                for name, data_type in element.properties.items():
                    self._add(tree, name, data_type, self._home(element, data_type))
        return self._shared[home]

    def _home(self, element: Element, data_type: str) -> str:
        """The type or path whose children the element has."""
        if element.content_reference:
            return element.content_reference
        return element.path if data_type in ("BackboneElement", "Element") else data_type

    def _add(self, tree: Tree, name: str, data_type: str, home: str) -> None:
        if data_type in _TEXT:
            tree[name] = None
        elif data_type in _LABELS:
            tree[name] = {_LABELS[data_type]: None}
        elif data_type[:1].isupper() and data_type not in _SILENT:
            self._put(tree, name, self._tree(home))

    def _put(self, tree: Tree, name: str, below: Tree) -> None:
        # One that is still being made holds itself.
        if below or below in self._shared.values():
            tree[name] = below


def gather(value: Any, tree: Tree | None, found: list[str]) -> None:
    """Adds the texts of an element, or of a list of them, whose tree is given."""
    if tree is None:
        if type(value) is list:
            found.extend(each for each in value if each)
        else:
            found.append(value)
        return
    for element in value if type(value) is list else (value,):
        for name, inner in element.items():
            if name in tree:
                gather(inner, tree[name], found)
