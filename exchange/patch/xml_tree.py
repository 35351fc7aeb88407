"""An XML document as a tree that can be changed: elements, comments, instructions and text.

Namespaces are kept by name; prefixes are only remembered where they are declared.
https://www.w3.org/TR/xml-names/
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from exchange.xml.parser import Malformed, new_parser, reason

MAX_DEPTH: Final = 200
XML: Final = "http://www.w3.org/XML/1998/namespace"


@dataclass(slots=True)
class Text:
    text: str


@dataclass(slots=True)
class Comment:
    text: str


@dataclass(slots=True)
class Instruction:
    target: str
    text: str


@dataclass(slots=True, eq=False)
class Element:
    """`attributes` by (namespace, name); `declared` are the prefixes that the element declares itself."""

    space: str
    name: str
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)

    def elements(self) -> Iterator["Element"]:
        return (child for child in self.children if isinstance(child, Element))

    def text(self) -> str:
        """All text in it."""
        return "".join(
            child.text() if isinstance(child, Element) else child.text
            for child in self.children
            if isinstance(child, Element | Text)
        )


Node = Element | Text | Comment | Instruction


def read(document: bytes) -> Element:
    """The root as the only child of a nameless element. Raises ValueError for what is not well-formed."""
    reading = _Reading()
    parser = new_parser()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler, parser.CommentHandler = reading.text, reading.comment
    parser.ProcessingInstructionHandler = reading.instruction
    parser.StartNamespaceDeclHandler = reading.declare
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(document, True)
    except Malformed as error:
        raise ValueError(f"The XML is malformed: {reason(error)} (line {error.lineno})") from None
    finally:
        for handler in _HANDLERS:
            setattr(parser, handler, None)
    return reading.open[0]


def write(root: Element) -> bytes:
    """The document, in UTF-8."""
    parts: list[str] = []
    for child in root.children:
        if not isinstance(child, Text):
            _write(child, parts, {"": "", "xml": XML})
    return "".join(parts).encode("utf-8", "surrogatepass")


class _Reading:
    def __init__(self) -> None:
        self.open = [Element("", "")]
        self._declared: dict[str, str] = {}

    def start(self, tag: str, attributes: list[str]) -> None:
        if len(self.open) > MAX_DEPTH:
            raise ValueError(f"The XML is nested more than {MAX_DEPTH} levels deep")
        space, _, name = tag.rpartition(" ")
        element = Element(space, name, declared=self._declared)
        self._declared = {}
        for n in range(0, len(attributes), 2):
            of, _, own = attributes[n].rpartition(" ")
            element.attributes[of, own] = attributes[n + 1]
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, tag: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        children = self.open[-1].children
        last = children[-1] if children else None
        if isinstance(last, Text):
            last.text += text
        else:
            children.append(Text(text))

    def comment(self, text: str) -> None:
        self.open[-1].children.append(Comment(text))

    def instruction(self, target: str, text: str) -> None:
        self.open[-1].children.append(Instruction(target, text))

    def declare(self, prefix: str | None, space: str | None) -> None:
        self._declared[prefix or ""] = space or ""


def _write(node: Node, parts: list[str], scope: dict[str, str]) -> None:
    match node:
        case Text(text):
            parts.append(escape(text, {"\r": "&#13;"}))
        case Comment(text):
            parts.append(f"<!--{text}-->")
        case Instruction(target, text):
            parts.append(f"<?{target} {text}?>")
        case Element():
            _write_element(node, parts, scope)


def _write_element(element: Element, parts: list[str], scope: dict[str, str]) -> None:
    """Every element stands in the default namespace; attributes of a namespace get a prefix."""
    inside = scope | {prefix: space for prefix, space in element.declared.items() if prefix}
    new = {prefix: space for prefix, space in inside.items() if scope.get(prefix) != space}
    if scope[""] != element.space:
        inside[""] = new[""] = element.space
    parts.append(f"<{element.name}")
    attributes = []
    for (space, name), value in element.attributes.items():
        prefix = _prefix(space, inside, new) if space else ""
        attributes.append(f" {prefix}{name}={quoteattr(value, _IN_ATTRIBUTES)}")
    parts += [f" xmlns{':' * bool(prefix)}{prefix}={quoteattr(space)}" for prefix, space in new.items()]
    parts += attributes
    if not element.children:
        parts.append("/>")
        return
    parts.append(">")
    for child in element.children:
        _write(child, parts, inside)
    parts.append(f"</{element.name}>")


def _prefix(space: str, inside: dict[str, str], new: dict[str, str]) -> str:
    for prefix, known in inside.items():
        if prefix and known == space:
            return f"{prefix}:"
    made = next(f"n{n}" for n in range(1, len(inside) + 2) if f"n{n}" not in inside)
    inside[made] = new[made] = space
    return f"{made}:"


def _refuse_doctype(*declaration: Any) -> None:
    raise ValueError("A DOCTYPE is not allowed")


_IN_ATTRIBUTES: Final = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_HANDLERS: Final = (
    "CharacterDataHandler",
    "CommentHandler",
    "EndElementHandler",
    "ProcessingInstructionHandler",
    "StartDoctypeDeclHandler",
    "StartElementHandler",
    "StartNamespaceDeclHandler",
)
