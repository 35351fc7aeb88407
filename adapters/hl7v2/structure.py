"""Segments into the groups of the standard (PATIENT_RESULT, ORDER_OBSERVATION, INSURANCE …), losing none.

HL7 v2.8 chapter 2, 2.6.1 Message construction rules. Tolerant: a segment out of order goes to the open group
that knows it, one that no group knows (Z-segments) to the group that is open; both are reported as issues.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from adapters.hl7v2.parse import Message, Segment
from adapters.hl7v2.tables.grammar import ANY, Node, grammar, latest, structure_name
from terminology.issue import Issue


class Group:
    """A group with its segments and groups in the order they came. The root has the structure's name
    (`ADT_A01`) and the issues."""

    __slots__ = ("children", "issues", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: list[Group | Segment] = []
        self.issues: Sequence[Issue] = ()

    def groups(self, name: str) -> "list[Group]":
        """The groups of this name directly inside."""
        return [child for child in self.children if isinstance(child, Group) and child.name == name]

    def segments(self, name: str) -> list[Segment]:
        """The segments of this name directly inside."""
        return [child for child in self.children if isinstance(child, Segment) and child.name == name]

    def walk(self) -> Iterator[Segment]:
        """Every segment inside, at any depth."""
        for child in self.children:
            if isinstance(child, Group):
                yield from child.walk()
            else:
                yield child


@dataclass(frozen=True, slots=True)
class _Move:
    """Keep the first `keep` open groups, open a group for each of `path` but the last, which is the slot."""

    keep: int
    path: tuple[Node, ...]


@dataclass(slots=True)
class _Cursor:
    slot: Node
    open: list[Group]


def group(message: Message) -> Group:
    """The message as a tree of groups. Unknown structures give a flat root."""
    header = message.header
    version = header.text(12) or "2.5.1"
    name = structure_name(header.text(9), header.text(9, 2), header.text(9, 3), version)
    root = grammar(name, version) if name else None
    newest = latest(name) if name else None
    if newest is None:
        return _flat(message, "_".join(filter(None, (header.text(9), header.text(9, 2)))))
    tree = _grouped(message, root or newest)
    if root in (newest, None) or not any(issue.severity == "warning" for issue in tree.issues):
        return tree
    # Senders put segments of later versions into messages that claim an early one.
    other = _grouped(message, newest)
    return other if len(other.issues) < len(tree.issues) else tree


def _flat(message: Message, name: str) -> Group:
    tree = Group(name)
    tree.children.extend(message.segments)
    tree.issues = [Issue("warning", "not-supported", "no structure is known for this message type", "MSH-9")]
    return tree


def _grouped(message: Message, root: Node) -> Group:
    tree = Group(root.name)
    issues: list[Issue] = []
    cursor = _Cursor(_start(root), [tree])
    before: _Cursor | None = None  # where we were when a segment came out of order
    for segment in message.segments:
        move = _strict(cursor.slot, segment.name)
        if move is None and before and (move := _strict(before.slot, segment.name)):
            cursor, before = before, None
        if move is not None and not _late(cursor, move):
            _apply(cursor, move, segment)
        elif (reopened := _misplaced(issues, cursor, segment)) is not cursor:
            cursor, before = reopened, before or cursor
    tree.issues = issues
    return tree


def _late(cursor: _Cursor, move: _Move) -> bool:
    """Would the move begin a group again whose open instance still waits for the segment (PV1 before PID)?"""
    path, slot = move.path, move.path[-1]
    if slot.optional or len(path) == 1 or path[-2].choice or len(cursor.open) <= move.keep:
        return False
    owner = cursor.open[move.keep]
    if owner.name != path[0].name:
        return False
    for node in path[1:-1]:
        inner = owner.groups(node.name)
        if not inner:
            return False
        owner = inner[-1]
    return not owner.segments(slot.name)


def _apply(cursor: _Cursor, move: _Move, segment: Segment) -> None:
    opened = cursor.open
    if len(opened) > move.keep:
        del opened[move.keep :]
    for node in move.path[:-1]:
        inner = Group(node.name)
        opened[-1].children.append(inner)
        opened.append(inner)
    opened[-1].children.append(segment)
    cursor.slot = move.path[-1]


def _misplaced(issues: list[Issue], cursor: _Cursor, segment: Segment) -> _Cursor:
    """Places a segment that the grammar does not expect here, and says so."""
    if not _strict(cursor.slot, segment.name) and (move := _lenient(cursor.slot, segment.name)):
        issues.append(_issue("warning", segment, "a required segment before it is missing"))
        _apply(cursor, move, segment)
        return cursor
    ancestor, path = _behind(cursor.slot, segment.name)
    if not path:
        severity = "information" if segment.name.startswith("Z") else "warning"
        issues.append(_issue(severity, segment, "the structure does not have this segment"))
        cursor.open[-1].children.append(segment)
        return cursor
    issues.append(_issue("warning", segment, "it is out of order, or repeats where only one may stand"))
    opened = cursor.open[: ancestor.depth + 1]
    for node in path[:-1]:
        last = opened[-1].groups(node.name)[-1:]
        begins_again = (
            last and node.repeats and _starts(node, segment.name) and last[0].segments(segment.name)
        )
        if not last or begins_again:
            last = [Group(node.name)]
            opened[-1].children.append(last[0])
        opened.append(last[0])
    opened[-1].children.append(segment)
    return _Cursor(path[-1], opened)


def _issue(severity: str, segment: Segment, diagnostics: str) -> Issue:
    assert severity in ("warning", "information")
    return Issue(severity, "structure", diagnostics, segment.label)  # type: ignore[arg-type]


@cache
def _start(root: Node) -> Node:
    """The place before the first segment."""
    start = Node("", "", root)
    start.index = -1
    return start


@lru_cache(maxsize=1 << 16)  # segment names come from outside
def _strict(slot: Node, name: str) -> _Move | None:
    """The next place that the grammar has for the segment, from the innermost open group outwards."""
    return _outwards(slot, lambda node: _starts(node, name)) or _outwards(
        slot, lambda node: _starts(node, ANY)
    )


@lru_cache(maxsize=1 << 14)
def _lenient(slot: Node, name: str) -> _Move | None:
    """The next place further on, if required segments may be missing."""
    return _outwards(slot, lambda node: _contains(node, name), repeating=lambda node: not node.children)


def _outwards(
    slot: Node,
    find: Callable[[Node], tuple[Node, ...]],
    repeating: Callable[[Node], bool] = lambda node: node.repeats,
) -> _Move | None:
    node = slot
    while (parent := node.parent) is not None:
        if node.index >= 0 and node.repeats and repeating(node) and (path := find(node)):
            return _Move(parent.depth + 1, path)
        if not parent.choice or node.index < 0:
            for sibling in parent.children[node.index + 1 :]:
                if path := find(sibling):
                    return _Move(parent.depth + 1, path)
        node = parent
    return None


@lru_cache(maxsize=1 << 14)
def _behind(slot: Node, name: str) -> tuple[Node, tuple[Node, ...]]:
    """The innermost open group that knows the segment at all, and the way down to its slot."""
    node = slot
    while (parent := node.parent) is not None:
        for child in parent.children:
            if path := _contains(child, name):
                return parent, path
        node = parent
    return node, ()


@lru_cache(maxsize=1 << 16)
def _starts(node: Node, name: str) -> tuple[Node, ...]:
    """The way down to the segment's slot, if the node can begin with it."""
    if not node.children:
        return (node,) if node.name == name else ()
    for child in node.children:
        if path := _starts(child, name):
            return (node, *path)
        if not node.choice and not child.nullable:
            break
    return ()


@lru_cache(maxsize=1 << 16)
def _contains(node: Node, name: str) -> tuple[Node, ...]:
    """The way down to the segment's first slot anywhere inside the node."""
    if not node.children:
        return (node,) if node.name == name else ()
    for child in node.children:
        if path := _contains(child, name):
            return (node, *path)
    return ()
