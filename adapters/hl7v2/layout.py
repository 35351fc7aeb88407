"""Which groups the segments of a message form, by their names alone: messages of one make-up share it.

The rules stand in `adapters.hl7v2.structure`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from adapters.hl7v2.parse import Message, Segment
from adapters.hl7v2.structure import Group, group
from terminology.issue import Issue

_MOST: Final = 512
_LONGEST: Final = 200


class Layout(NamedTuple):
    """A group: positions of segments and groups in the order they came, the positions of those directly in it
    by name, and the position of the first of a name anywhere in it. The issues are the message's."""

    name: str
    children: "Sequence[int | Layout]"
    segments: Mapping[str, Sequence[int]]
    below: Mapping[str, int]
    issues: Sequence[Issue] = ()


def layout_of(message: Message) -> Layout:
    if len(message.segments) > _LONGEST:
        return _layout(group(message))
    header, known = message.header, _known()
    kind = header.text(9), header.text(9, 2), header.text(9, 3), header.text(12)
    key = kind, tuple([segment.name for segment in message.segments])
    found = known.get(key)
    if found is None:
        while len(known) >= _MOST:
            known.pop(next(iter(known)), None)
        found = known[key] = _layout(group(message))
    return found


@cache
def _known() -> dict[Any, Layout]:
    """By what says the structure, MSH-9 and MSH-12, and the names; the oldest goes first."""
    return {}


def _layout(tree: Group) -> Layout:
    children: list[int | Layout] = []
    segments: dict[str, list[int]] = {}
    below: dict[str, int] = {}
    for child in tree.children:
        if isinstance(child, Segment):
            children.append(child.position)
            segments.setdefault(child.name, []).append(child.position)
            below.setdefault(child.name, child.position)
        else:
            inner = _layout(child)
            children.append(inner)
            for name, position in inner.below.items():
                below.setdefault(name, position)
    return Layout(tree.name, children, segments, below, tree.issues)
