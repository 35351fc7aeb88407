"""XML Patch: add, replace and remove by XPath, on a document.

https://www.rfc-editor.org/rfc/rfc5261
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange.outcome import FhirError
from exchange.patch import selector
from exchange.patch.limits import MAX_LOOKS, require_few
from exchange.patch.selector import Found
from exchange.patch.xml_tree import Element, Node, Text, read, write

FHIR: Final = "http://hl7.org/fhir"
XHTML: Final = "http://www.w3.org/1999/xhtml"
# Prefixes that a patch may use without declaring them.
KNOWN: Final = {"f": FHIR, "fhir": FHIR, "h": XHTML, "xhtml": XHTML}
POSITIONS: Final = ("", "append", "prepend", "before", "after")


def xml_patch(document: bytes, patch: bytes) -> bytes:
    """The document after all operations.

    Raises FhirError: 400 if the patch is none, 422 if an operation does not find exactly one node.
    """
    changed = _read(document, "The document")
    operations = _operations(_read(patch, "The patch"))
    looks = MAX_LOOKS
    weight = _weight(changed)
    for number, (operation, prefixes) in enumerate(operations):
        looks -= weight
        if looks < 0:
            raise FhirError("too-large", "The patch has too many operations for so large a document")
        try:
            _apply(changed, operation, prefixes)
        except selector.Malformed as error:
            raise FhirError("invalid", f"Operation {number}: {error}", _said(operation)) from None
        except LookupError as error:
            told = f"Operation {number} ({operation.name}): {error.args[0]}"
            raise FhirError("rule", told, _said(operation)) from None
    return write(changed)


def _read(document: bytes, what: str) -> Element:
    try:
        found = read(document)
    except ValueError as error:
        raise FhirError("unreadable", f"{what}: {error}") from None
    if not any(found.elements()):
        raise FhirError("unreadable", f"{what} is empty")
    return found


def _weight(element: Element) -> int:
    """How many nodes there are."""
    open_, count = [element], 0
    while open_:
        here = open_.pop()
        count += 1 + len(here.children)
        open_.extend(here.elements())
    return count


def _operations(patch: Element) -> list[tuple[Element, Mapping[str, str]]]:
    """Each with the prefixes that are declared where it stands."""
    root = next(patch.elements())
    operations = list(root.elements())
    if not operations:
        raise FhirError("invalid", "The patch has no operation")
    require_few(len(operations))
    for number, operation in enumerate(operations):
        if operation.name not in _APPLY:
            raise FhirError("invalid", f"Operation {number} is none of {', '.join(_APPLY)}", _said(operation))
        if ("", "sel") not in operation.attributes:
            raise FhirError("invalid", f"Operation {number} has no sel", _said(operation))
    return [(each, KNOWN | root.declared | each.declared) for each in operations]


def _said(operation: Element) -> str:
    return operation.attributes.get(("", "sel"), "")[:200]


def _apply(document: Element, operation: Element, prefixes: Mapping[str, str]) -> None:
    found = selector.select(document, selector.parsed(operation.attributes["", "sel"], prefixes))
    if len(found) != 1:
        raise LookupError(f"The selector finds {len(found) or 'no'} nodes, not one")
    _APPLY[operation.name](document, found[0], operation, prefixes)


def _add(document: Element, found: Found, operation: Element, prefixes: Mapping[str, str]) -> None:
    kind, position = (operation.attributes.get(("", name), "") for name in ("type", "pos"))
    if position not in POSITIONS:
        raise selector.Malformed("pos is prepend, before or after")
    beside = position in ("before", "after") and not kind
    if found.node is None or not (beside or isinstance(found.node, Element)):
        raise LookupError("Only an element can be added to")
    if kind:
        _add_attribute(found, kind, operation, prefixes)
        return
    content = _content(operation)
    if beside:
        if found.parent is document and any(isinstance(node, Element | Text) for node in content):
            raise LookupError("A document has one root")
        siblings, at = found.parent.children, _index(found) + (position == "after")
    else:
        assert isinstance(found.node, Element)
        siblings = found.node.children
        at = 0 if position == "prepend" else len(siblings)
    siblings[at:at] = content
    _join(siblings)


def _add_attribute(found: Found, kind: str, operation: Element, prefixes: Mapping[str, str]) -> None:
    assert isinstance(found.node, Element)
    if kind.startswith("namespace::"):
        found.node.declared[kind.removeprefix("namespace::")] = operation.text()
        return
    if not kind.startswith("@"):
        raise selector.Malformed("type is @name or namespace::prefix")
    prefix, colon, name = kind[1:].rpartition(":")
    if colon and prefix not in prefixes:
        raise selector.Malformed(f"The prefix {prefix[:32]!r} is not declared")
    key = (prefixes[prefix] if colon else "", name)
    if not name or not name.replace("-", "_").replace(".", "_").isidentifier():
        raise selector.Malformed("type names no attribute")
    if key in found.node.attributes:
        raise LookupError(f"The attribute {name[:32]} is there already")
    found.node.attributes[key] = operation.text()


def _replace(document: Element, found: Found, operation: Element, prefixes: Mapping[str, str]) -> None:
    if found.attribute is not None:
        found.parent.attributes[found.attribute] = operation.text()
        return
    content = [node for node in _content(operation) if not _is_blank(node)]
    if isinstance(found.node, Text):
        content = [Text(operation.text())]
    if len(content) != 1 or type(content[0]) is not type(found.node):
        raise LookupError("A node is replaced by one node of its kind")
    found.parent.children[_index(found)] = content[0]


def _remove(document: Element, found: Found, operation: Element, prefixes: Mapping[str, str]) -> None:
    if found.attribute is not None:
        del found.parent.attributes[found.attribute]
        return
    if found.parent is document:
        raise LookupError("The root cannot be removed")
    siblings, at = found.parent.children, _index(found)
    first, last = at, at + 1
    space = operation.attributes.get(("", "ws"), "")
    if space not in ("", "before", "after", "both"):
        raise selector.Malformed("ws is before, after or both")
    if space in ("before", "both") and at and _is_blank(siblings[at - 1]):
        first -= 1
    if space in ("after", "both") and last < len(siblings) and _is_blank(siblings[last]):
        last += 1
    del siblings[first:last]
    _join(siblings)


def _content(operation: Element) -> list[Node]:
    """A copy of what stands in the operation."""
    return copy.deepcopy(operation.children)


def _index(found: Found) -> int:
    return next(n for n, node in enumerate(found.parent.children) if node is found.node)


def _is_blank(node: Node) -> bool:
    return isinstance(node, Text) and not node.text.strip()


def _join(siblings: list[Node]) -> None:
    """Text beside text is one text."""
    at = 1
    while at < len(siblings):
        before, here = siblings[at - 1], siblings[at]
        if isinstance(before, Text) and isinstance(here, Text):
            siblings[at - 1 : at + 1] = [Text(before.text + here.text)]
        else:
            at += 1


_APPLY: Final[Mapping[str, Callable[[Element, Found, Element, Mapping[str, str]], Any]]] = {
    "add": _add,
    "replace": _replace,
    "remove": _remove,
}
