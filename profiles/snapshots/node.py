"""The elements of a StructureDefinition as a tree, of which parts are shared and nothing is ever changed.

https://hl7.org/fhir/R4/elementdefinition.html#path
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from profiles.snapshots.error import SnapshotError

Element = dict[str, Any]
CHOICE: Final = "[x]"
MAX_ELEMENTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Node:
    """An element with its children and, if it is sliced, its slices in order, a re-slice after its slice."""

    name: str
    element: Element
    children: tuple["Node", ...] = ()
    slices: tuple["Node", ...] = ()

    @property
    def slice_name(self) -> str:
        name: str = self.element.get("sliceName", "")
        return name


@dataclass(slots=True)
class _Growing:
    name: str
    element: Element
    children: list["_Growing"] = field(default_factory=list)
    slices: list["_Growing"] = field(default_factory=list)

    def node(self) -> Node:
        return Node(
            self.name,
            self.element,
            tuple(child.node() for child in self.children),
            tuple(one.node() for one in self.slices),
        )


def tree(elements: Sequence[Element]) -> Node:
    """A snapshot's elements as a tree. Raises ValueError if a parent is missing."""
    root = _Growing(elements[0]["path"], elements[0])
    stack = [root]
    for element in elements[1:]:
        segments = element["path"].split(".")
        del stack[len(segments) - 1 :]
        if len(stack) < len(segments) - 1:
            raise ValueError(f"{element['path']} comes before its parent")
        grown = _Growing(segments[-1], element)
        head = next((one for one in stack[-1].children if one.name == grown.name), None)
        (head.slices if head else stack[-1].children).append(grown)
        stack.append(grown)
    return root.node()


def elements(root: Node) -> list[Element]:
    """The tree as a snapshot has it, every path and id made anew from the place in the tree.

    Raises SnapshotError for more elements than any definition has: slices of slices multiply.
    """
    found = list(islice(_walked(root, root.name, root.name), MAX_ELEMENTS + 1))
    if len(found) > MAX_ELEMENTS:
        raise SnapshotError("too-costly", f"has more than {MAX_ELEMENTS} elements", root.name)
    return found


def identified(name: str, slice_name: str) -> str:
    return f"{name}:{slice_name}" if slice_name else name


def walk(node: Node) -> Iterator[Node]:
    """The node, all below it, then its slices."""
    yield node
    for child in (*node.children, *node.slices):
        yield from walk(child)


def _walked(node: Node, path: str, identity: str) -> Iterator[Element]:
    yield {**node.element, "id": identity, "path": path}
    for child in node.children:
        named = identified(child.name, child.slice_name)
        yield from _walked(child, f"{path}.{child.name}", f"{identity}.{named}")
    parent = identity.rpartition(".")[0]
    for one in node.slices:
        yield from _walked(one, path, f"{parent}.{identified(one.name, one.slice_name)}")
