"""A new type: what its base has, then the elements that it adds.

https://hl7.org/fhir/R4/structuredefinition.html#derivation
"""

from dataclasses import replace

from profiles.snapshots.differential import Change
from profiles.snapshots.node import Node


def specialized(base: Node, told: Change) -> Node:
    """The base with an empty place for each element that it does not have; what is told is laid over it."""
    known = {child.name for child in base.children}
    added = [_place(base, one) for one in told.children if one.name not in known]
    kept = [_grown(child, told) for child in base.children]
    return replace(base, children=(*kept, *added))


def _grown(child: Node, told: Change) -> Node:
    one = next((one for one in told.children if one.name == child.name), None)
    return specialized(child, one) if one and one.children and child.children else child


def _place(parent: Node, told: Change) -> Node:
    """A new element is its own base; in R4 its children are told, or those of its type."""
    element = told.element
    path = f"{parent.element['path']}.{told.name}"
    first = {
        "path": path,
        "base": {"path": path, "min": element.get("min", 0), "max": element.get("max", "1")},
    }
    if "type" in element:
        first["type"] = element["type"]
    node = Node(told.name, first)
    return node if _opens_type(told) else specialized(node, told)


def _opens_type(told: Change) -> bool:
    codes = {one.get("code") for one in told.element.get("type", ())}
    return bool(codes) and not codes <= {"BackboneElement", "Element", "Base"}
