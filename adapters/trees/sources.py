"""Source paths of trees: `patient/name`, `id@extension`, `^section/code@code`, `{DE06.00.094.00}/value`.

`^name` starts at the nearest element of that name around the node, `.` is the node itself, `a|b` either of
two names, `id[root=1.2.3|1.2.4]` the ones with that attribute (`!=` without, `~` containing it), `@text` the
text of an element, `{DE…}` a statement inside the node whose code is that data element; its brackets look at
the code. A row that reads a statement takes it over: no other map makes anything of it. In conditions
`taken` tells whether an earlier map made a resource of the node.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from adapters.mapping.draft import Scope
from adapters.mapping.model import Text
from adapters.trees.element import Element, is_valued
from adapters.trees.reading import Value

_STEP = re.compile(r"(\^\*|\^?[A-Za-z][\w|.\-]*|\*|\.|\{[\w.|\-]+\})(?:\[([\w:]+)(!=|=|~)([^\]]+)\])?")
_PARTS = ("component", "entryRelationship", "pertinentInformation", "outboundRelationship", "entry")
_TOLD = ("code", "extension", "value", "", "displayName", "root")


@dataclass(frozen=True, slots=True)
class _Step:
    names: frozenset[str]
    kind: str
    attribute: str
    sign: str
    wanted: frozenset[str]

    def admits(self, element: Element) -> bool:
        """Whether the bracket lets it pass."""
        if self.kind == "statement":
            element = element.first("code") or element
        said = element.peek(self.attribute)
        if self.sign == "~":
            return any(each in said for each in self.wanted)
        return (said in self.wanted) == (self.sign == "=")


class TreeSources:
    """Compiles paths; a name is any element's, so only the form of a path can be wrong."""

    def source(self, path: str, segment: str) -> "TreeSource":
        return TreeSource(*_compiled(path))

    def text(self, path: str, segment: str) -> Text:
        if path == "taken":
            return lambda node, scope: "yes" if node.taken else ""
        steps, attribute = _compiled(path)

        def text(node: Element, scope: Scope) -> str:
            found = next((each for each in _found(node, steps) if _has(each, attribute)), None)
            if found is None:
                return ""
            if attribute is not None:
                return found.peek(attribute)
            return next((said for name in _TOLD if (said := found.peek(name))), "there")

        return text

    def repeats(self, path: str, segment: str) -> Callable[[Any, Scope], bool]:
        steps, attribute = _compiled(path)
        return lambda node, scope: sum(_has(each, attribute) for each in _found(node, steps)) > 1

    def told(self, path: str, segment: str) -> Callable[[bytes], bool]:
        return lambda shape: False

    def index(self, path: str, segment: str) -> tuple[str, int]:
        return "", 0


class TreeSource:
    """What a path finds from a node."""

    __slots__ = ("_attribute", "_steps")

    null = "\0"
    own = True
    home = ""
    index = 0
    part: tuple[int, ...] = ()

    def __init__(self, steps: tuple[_Step, ...], attribute: str | None) -> None:
        self._steps = steps
        self._attribute = attribute

    def look(self, node: Element, scope: Scope) -> str:
        attribute = self._attribute
        found = [each for each in _found(node, self._steps) if _has(each, attribute)]
        return "".join([each.raw if attribute is None else each.peek(attribute) + "\x1e" for each in found])

    def finds(self, shape: bytes) -> bool:
        return True

    def owner(self, node: Element, scope: Scope) -> Element:
        return node

    def values(self, owner: Element) -> list[Value]:
        found = [each for each in _found(owner, self._steps) if _has(each, self._attribute)]
        return [Value(each, self._attribute) for each in found]

    def keep(self, owner: Element, number: int, leaves: frozenset[int]) -> None:
        owner.document.kept |= leaves
        for statement in _claims(owner, self._steps):
            statement.claimed = True
            code = statement.first("code")
            if code is not None:
                owner.document.kept.update(leaf for leaf, _ in code.leaves.values())

    def whole(self, owner: Element, leaves: frozenset[int]) -> int:
        return 0

    def ignore(self, node: Element, scope: Scope) -> None:
        for each in _found(node, self._steps):
            if self._attribute is None:
                of = [leaf for inner in each.walk() for leaf, _ in inner.leaves.values()]
            else:
                of = [each.leaves[self._attribute][0]] if self._attribute in each.leaves else []
            node.document.ignored.update(of)


def _compiled(path: str) -> tuple[tuple[_Step, ...], str | None]:
    way, at, attribute = path.partition("@")
    if attribute == "text":
        attribute = ""
    if at and path.count("@") > 1:
        raise ValueError(f"{path!r} is not a path such as patient/name@use")
    steps = [_step(each, path) for each in _split(way)] if way else []
    return tuple(steps), (attribute if at else None)


def _split(way: str) -> list[str]:
    return re.findall(r"(?:[^/\[]|\[[^\]]*\])+", way)


def _step(text: str, path: str) -> _Step:
    found = _STEP.fullmatch(text)
    if not found:
        raise ValueError(f"{path!r}: {text!r} is no step")
    name, attribute, sign, wanted = found.groups()
    kind = {"^": "up", ".": "self", "{": "statement"}.get(name[0], "child")
    names = name.strip("^{}").split("|")
    return _Step(frozenset(names), kind, attribute or "", sign or "", frozenset((wanted or "").split("|")))


def _found(node: Element, steps: Iterable[_Step]) -> list[Element]:
    nodes = [node]
    for step in steps:
        nodes = [each for node in nodes for each in _next(node, step)]
        if not nodes:
            break
    return nodes


def _next(node: Element, step: _Step) -> list[Element]:
    if step.kind == "self":
        found = [node]
    elif step.kind == "up":
        found = [each for each in node.ancestors() if step.names & {each.name, "*"}][:1]
    elif step.kind == "statement":
        found = _statements(node, step.names)
    else:
        any_name = "*" in step.names
        found = [each for each in node.children if any_name or each.name in step.names]
    if step.attribute:
        found = [each for each in found if step.admits(each)]
    return found


def _statements(node: Element, codes: frozenset[str]) -> list[Element]:
    """Statements of these data elements, directly in the node or in its relationships."""
    found = []
    for part in node.children:
        if part.name.rstrip("0123456789") not in _PARTS:
            continue
        for statement in part.children:
            code = statement.first("code")
            if code is not None and code.peek("code") in codes:
                found.append(statement)
    return found


def _claims(owner: Element, steps: tuple[_Step, ...]) -> list[Element]:
    if not steps or all(step.kind != "statement" for step in steps):
        return []
    last = max(i for i, step in enumerate(steps) if step.kind == "statement")
    return _found(owner, steps[: last + 1])


def _has(element: Element, attribute: str | None) -> bool:
    return is_valued(element) if attribute is None else bool(element.peek(attribute))
