"""Elements of which a constraint says that only one may be there: where one must be, the others cannot be.

The constraint is `(a | b | c).count() = 1`, as the logical models of CDA have it.
https://hl7.org/fhir/R4/elementdefinition.html#invariants
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from profiles.snapshots.node import Element, Node

_ONE_OF: Final = re.compile(
    r"\(\s*([A-Za-z]\w{0,99}(?:\s?\|\s?[A-Za-z]\w{0,99}){1,99})\s*\)\.count\(\)\s*<?=\s*1"
)


def exclusive(element: Element, children: Sequence[Node]) -> tuple[Node, ...]:
    """The children of an element, without those that its constraints exclude."""
    excluded = {name for group in _groups(element) for name in _excluded(group, children)}
    return tuple(_removed(child) if child.name in excluded else child for child in children)


def _groups(element: Element) -> list[set[str]]:
    expressions = (one.get("expression", "") for one in element.get("constraint", ()))
    found = (_ONE_OF.fullmatch(expression) for expression in expressions)
    return [{name.strip() for name in one[1].split("|")} for one in found if one]


def _excluded(group: set[str], children: Sequence[Node]) -> set[str]:
    needed = {child.name for child in children if child.name in group and child.element.get("min", 0) > 0}
    return group - needed if len(needed) == 1 else set()


def _removed(node: Node) -> Node:
    return replace(node, element={**node.element, "max": "0"})
