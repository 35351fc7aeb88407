"""The XPath that XML Patch has: child steps with predicates, down to an element, attribute, text or comment.

https://www.rfc-editor.org/rfc/rfc5261#section-4.1
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from exchange.patch.xml_tree import Comment, Element, Instruction, Node, Text

MAX_LENGTH: Final = 2000
MAX_STEPS: Final = 64


class Malformed(ValueError):
    """The selector is none of XML Patch's."""


@dataclass(frozen=True, slots=True)
class Name:
    """`local` may be `*`; a namespace of None is any."""

    space: str | None
    local: str

    def fits(self, space: str, local: str) -> bool:
        return self.local in ("*", local) and self.space in (None, space)


@dataclass(frozen=True, slots=True)
class Predicate:
    """`[2]`, `[@id='x']`, `[given='x']`, `[.='x']`, `[@id]`, `[given]`."""

    position: int = 0
    attribute: Name | None = None
    child: Name | None = None
    own: bool = False
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What a step goes to: `test` is a Name, or one of the node tests."""

    axis: str
    test: Name | str
    predicates: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A node and its parent; for an attribute its name."""

    parent: Element
    node: Node | None
    attribute: tuple[str, str] | None = None


def parsed(text: str, prefixes: Mapping[str, str]) -> list[Step]:
    """The steps. Raises Malformed."""
    if len(text) > MAX_LENGTH:
        raise Malformed(f"A selector has at most {MAX_LENGTH} characters")
    reading = _Reading(text.strip(), prefixes)
    steps = reading.steps()
    if len(steps) > MAX_STEPS:
        raise Malformed(f"A selector has at most {MAX_STEPS} steps")
    return steps


def select(document: Element, steps: Sequence[Step]) -> list[Found]:
    """What the selector finds, in the document's order."""
    found = [Found(document, document)]
    for step in steps:
        found = [one for above in found if isinstance(above.node, Element) for one in _step(above.node, step)]
    return found


def _step(element: Element, step: Step) -> list[Found]:
    if step.axis == "attribute":
        assert isinstance(step.test, Name)
        names = [name for name in element.attributes if step.test.fits(*name)]
        return [Found(element, None, name) for name in names]
    nodes = [child for child in element.children if _fits(child, step.test)]
    for predicate in step.predicates:
        if predicate.position:
            nodes = nodes[predicate.position - 1 : predicate.position]
        else:
            nodes = [node for node in nodes if _holds(node, predicate)]
    return [Found(element, node) for node in nodes]


def _fits(node: Node, test: Name | str) -> bool:
    match node:
        case Element():
            return test == "node" or (isinstance(test, Name) and test.fits(node.space, node.name))
        case Text():
            return test in ("text", "node")
        case Comment():
            return test in ("comment", "node")
        case Instruction():
            return test in ("processing-instruction", "node")


def _holds(node: Node, predicate: Predicate) -> bool:
    return any(predicate.value is None or value == predicate.value for value in _values(node, predicate))


def _values(node: Node, predicate: Predicate) -> Iterator[str]:
    if predicate.own:
        yield node.text() if isinstance(node, Element) else node.text
    elif isinstance(node, Element) and predicate.attribute is not None:
        yield from (value for name, value in node.attributes.items() if predicate.attribute.fits(*name))
    elif isinstance(node, Element) and predicate.child is not None:
        for child in node.elements():
            if predicate.child.fits(child.space, child.name):
                yield child.text()


class _Reading:
    """A selector's text, read from left to right."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self._text = text
        self._prefixes = prefixes
        self._at = 0

    def steps(self) -> list[Step]:
        self._taken(_SLASH)
        steps = [self._step()]
        while self._taken(_SLASH):
            if steps[-1].axis == "attribute":
                self._refuse()
            steps.append(self._step())
        if self._at < len(self._text):
            self._refuse()
        return steps

    def _step(self) -> Step:
        if self._taken(_AT):
            return Step("attribute", self._name(attribute=True), ())
        if found := self._taken(_NODE_TEST):
            return Step("child", found[1], tuple(self._predicates()))
        return Step("child", self._name(), tuple(self._predicates()))

    def _predicates(self) -> Iterator[Predicate]:
        while self._taken(_OPEN):
            yield self._predicate()
            if not self._taken(_CLOSE):
                self._refuse()

    def _predicate(self) -> Predicate:
        if found := self._taken(_POSITION):
            return Predicate(position=int(found[1]))
        if self._taken(_AT):
            return Predicate(attribute=self._name(attribute=True), value=self._value())
        if self._taken(_DOT):
            return Predicate(own=True, value=self._value())
        return Predicate(child=self._name(), value=self._value())

    def _value(self) -> str | None:
        if not self._taken(_EQUALS):
            return None
        found = self._taken(_LITERAL)
        if not found:
            self._refuse()
            return None
        return found[0].strip()[1:-1]

    def _name(self, *, attribute: bool = False) -> Name:
        """Without a prefix an element is in the default namespace, an attribute in none."""
        found = self._taken(_NAME)
        if not found:
            self._refuse()
            return Name(None, "*")
        prefix, local = found[1], found[2]
        if prefix is None:
            if local == "*":
                return Name(None, local)
            return Name("" if attribute else self._prefixes.get("", ""), local)
        if prefix not in self._prefixes:
            raise Malformed(f"The prefix {prefix[:32]!r} is not declared")
        return Name(self._prefixes[prefix], local)

    def _taken(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found

    def _refuse(self) -> None:
        raise Malformed(f"The selector cannot be read from character {self._at + 1} on")


_SLASH: Final = re.compile(r"\s*/\s*")
_AT: Final = re.compile(r"\s*@\s*")
_DOT: Final = re.compile(r"\s*\.\s*")
_OPEN: Final = re.compile(r"\s*\[\s*")
_CLOSE: Final = re.compile(r"\s*\]\s*")
_EQUALS: Final = re.compile(r"\s*=\s*")
_POSITION: Final = re.compile(r"(?:position\(\)\s*=\s*)?([1-9][0-9]{0,6})(?=\s*\])", re.ASCII)
_LITERAL: Final = re.compile(r"\"[^\"]*\"\s*|'[^']*'\s*")
_NAME: Final = re.compile(r"(?:([\w.-]+):)?(\*|[\w.-]+)\s*")
_NODE_TEST: Final = re.compile(r"(text|comment|node|processing-instruction)\s*\(\s*\)\s*")
