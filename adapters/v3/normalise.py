"""ISO 21090 as the interaction standards write it, brought to the form of CDA's data types.

`<id><item root="…" extension="…"/></id>` becomes `<id root="…" extension="…"/>`, `<displayName value="…"/>`
an attribute, `<any value="…"/>` the value of its element. Each leaf stays the one it was.
"""

from adapters.trees.element import TYPE, Element

_VALUES = ("displayName", "any")


def normalise(element: Element) -> None:
    """Changes a tree in place."""
    for child in list(element.children):
        normalise(child)
        if child.name in _VALUES:
            _lift(element, child)
    made: list[Element] = []
    for child in element.children:
        items = child.named("item")
        made += [_renamed(item, child) for item in items] or [child]
    element.children = made
    element._raw = None


def _lift(element: Element, child: Element) -> None:
    name = "value" if child.name == "any" else child.name
    if (leaf := child.leaves.get("value")) is not None and name not in element.leaves:
        element.leaves[name] = leaf
        element.children.remove(child)


def _renamed(item: Element, around: Element) -> Element:
    """An item in the place of the list around it; what the list itself says is each item's."""
    item.called = f"{around.called}/{item.called}"
    item.name = around.name
    item.parent = around.parent
    for name, leaf in around.leaves.items():
        if name != TYPE:
            item.leaves.setdefault(name, leaf)
    return item
