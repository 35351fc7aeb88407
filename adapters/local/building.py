"""Elements of a clinical document put together from the leaves of another one."""

from collections.abc import Iterable, Mapping

from adapters.trees.element import Document, Element, Leaf

CONSTANT = -1
CATALOGUE = "2.16.156.10011.2.2.1"


def grown(parent: Element, way: str) -> Element:
    """The element that a way leads to; what is missing of it is made."""
    for name in way.split("/"):
        parent = parent.first(name) or added(parent, name)
    return parent


def added(parent: Element, name: str, **constants: str) -> Element:
    """A new child."""
    child = Element(name, parent, parent.document)
    for key, value in constants.items():
        child.leaves[key] = (CONSTANT, value)
    parent.children.append(child)
    return child


def gathered(source: Element, fields: Mapping[str, Element] | Iterable[Element]) -> Element:
    """Fields that stand alone as a group of them, by other names where they are told."""
    row = Element("row", source, source.document)
    named = fields.items() if isinstance(fields, Mapping) else [(each.name, each) for each in fields]
    for name, each in named:
        put(added(row, name), "", each.leaves[""])
    return row


def put(element: Element, attribute: str, leaf: Leaf, root: str = "") -> None:
    """A leaf of the source as an attribute (or text), with its root or system."""
    element.leaves[attribute] = leaf
    if root:
        element.leaves["root" if attribute == "extension" else "codeSystem"] = (CONSTANT, root)
    if attribute == "":
        element.content = [leaf[1]]


def observation(parent: Element, element: str, name: str) -> Element:
    """An empty statement of a data element, or of a name only."""
    made = added(parent, "observation", classCode="OBS", moodCode="EVN")
    code = added(made, "code", displayName=name)
    if element:
        code.leaves |= {"code": (CONSTANT, element), "codeSystem": (CONSTANT, CATALOGUE)}
    return made


def new_document(document: Document, code: str, title: str) -> Element:
    """An empty document of a type."""
    root = Element("ClinicalDocument", None, document)
    added(root, "code", code=code, codeSystem="2.16.156.10011.2.4")
    if title:
        added(root, "title").leaves[""] = (CONSTANT, title)
    return root
