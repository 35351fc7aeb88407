"""The differential of a StructureDefinition as a tree: what a profile says, and where.

https://hl7.org/fhir/R4/profiling.html#differential
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from profiles.snapshots.error import SnapshotError
from profiles.snapshots.node import Element

MAX_TOLD: Final = 10_000
MAX_DEPTH: Final = 100


@dataclass(slots=True)
class Change:
    """What is said of an element, of its children and of its slices; one not mentioned itself is empty.

    `number` is the place in the differential, by which its order is judged.
    """

    name: str
    number: int
    identity: str
    element: Element = field(default_factory=dict)
    is_told: bool = False
    children: list["Change"] = field(default_factory=list)
    slices: list["Change"] = field(default_factory=list)

    @property
    def slice_name(self) -> str:
        name: str = self.element.get("sliceName", "")
        return name


def changes(structure: Mapping[str, Any]) -> Change:
    """The tree of a differential, a group for each name below a parent. Raises SnapshotError."""
    root = Change(_root_name(structure), 0, _root_name(structure))
    stack = [root]
    told = structure.get("differential", {}).get("element", ())
    if len(told) > MAX_TOLD:
        raise SnapshotError("too-costly", f"tells of more than {MAX_TOLD} elements", root.name)
    for number, element in enumerate(told):
        _place(root, stack, number, element)
    return root


def identity(element: Element) -> str:
    """How messages name an element of a differential, which need not have an id."""
    name: str = element.get("id") or element.get("path", "")
    slice_name = element.get("sliceName")
    return name if not slice_name or ":" in name else f"{name}:{slice_name}"


def _root_name(structure: Mapping[str, Any]) -> str:
    elements = structure.get("differential", {}).get("element", ())
    path = elements[0].get("path", "") if elements else structure.get("type", "")
    return str(path.partition(".")[0])


def _place(root: Change, stack: list[Change], number: int, element: Element) -> None:
    path = element.get("path", "")
    first, *names = path.split(".")
    if len(names) > MAX_DEPTH:
        raise SnapshotError("too-costly", f"is more than {MAX_DEPTH} elements deep", root.name)
    if first != root.name or not all(names):
        raise SnapshotError("structure", f"the path {path} does not lead from {root.name}", identity(element))
    if not names:
        root.element, root.is_told = element, True
        del stack[1:]
        return
    del stack[len(names) :]
    for depth, name in enumerate(names[:-1], 1):
        if depth == len(stack) or stack[depth].name != name:
            del stack[depth:]
            stack.append(_last(stack[-1], name, number))
    stack.append(_told(stack[-1], names[-1], number, element))


def _last(parent: Change, name: str, number: int) -> Change:
    """The parent that is meant by a path alone: the last of its name, made if it is not told."""
    group = _group(parent, name, number)
    return group.slices[-1] if group.slices else group


def _group(parent: Change, name: str, number: int) -> Change:
    found = next((one for one in parent.children if one.name == name), None)
    if found is None:
        found = Change(name, number, f"{parent.identity}.{name}")
        parent.children.append(found)
    return found


def _told(parent: Change, name: str, number: int, element: Element) -> Change:
    group = _group(parent, name, number)
    if element.get("sliceName") and (group.number != number or not _is_shortcut(group, element)):
        return _slice(group, number, element)
    if group.is_told:
        raise SnapshotError("structure", "a second element of this path needs a sliceName", identity(element))
    group.element, group.is_told, group.identity = element, True, identity(element)
    return group


def _is_shortcut(group: Change, element: Element) -> bool:
    """`valueQuantity` names the slice of `value[x]` that it is, and needs no group of its own."""
    return bool(element["sliceName"] == group.name)


def _slice(group: Change, number: int, element: Element) -> Change:
    found = next((one for one in group.slices if one.slice_name == element["sliceName"]), None)
    if found:
        raise SnapshotError("structure", f"the slice {found.slice_name} is told twice", identity(element))
    made = Change(group.name, number, identity(element), element, True)
    group.slices.append(made)
    return made
