"""What data-type functions see of a document: values that remember what was read of them.

A leaf counts as mapped when a function read it and its result reached a resource.
"""

from collections.abc import Iterator

from adapters.trees.element import TYPE, Element, is_valued


class Value:
    """An element, or with `attribute` one attribute of it (`""`: its text). `read` are leaf numbers."""

    __slots__ = ("attribute", "element", "number", "read")

    def __init__(self, element: Element, attribute: str | None = None, read: set[int] | None = None) -> None:
        self.element = element
        self.attribute = attribute
        self.number = 1
        self.read: set[int] = set() if read is None else read

    @property
    def name(self) -> str:
        return self.element.name

    @property
    def kind(self) -> str:
        """The data type that xsi:type names, without a prefix."""
        return self.element.peek(TYPE).rpartition(":")[2]

    def get(self, name: str) -> str:
        """An attribute, or with "" the text."""
        leaf = self.element.leaves.get(name)
        if leaf is None:
            return ""
        self.read.add(leaf[0])
        return leaf[1]

    def peek(self, name: str) -> str:
        """The same without reading it: for choices that leave no trace."""
        return self.element.peek(name)

    def text(self) -> str:
        """What it says: the attribute it stands for, else its text or its `value`."""
        if self.attribute is not None:
            return self.get(self.attribute)
        return self.get("") or self.get("value")

    def all_text(self) -> str:
        """All texts in it, in their order; else what it refers to in the narrative."""
        parts = [self.text(), *(child.all_text() for child in self.children("*"))]
        return " ".join(part for part in parts if part and not part.startswith("#")) or self.referred()

    def referred(self) -> str:
        """The words of the narrative that a reference in it (`<reference value="#x"/>`) points to."""
        pointer = self.element.first("reference")
        anchor = pointer.peek("value") if pointer is not None else ""
        found = self.element.document.anchored(anchor[1:]) if anchor.startswith("#") else None
        return found.words() if found is not None else ""

    def child(self, *way: str) -> "Value | None":
        """The first valued element that a way of names leads to."""
        if not way:
            return self
        for each in self.children(way[0]):
            if is_valued(each.element) and (found := each.child(*way[1:])) is not None:
                return found
        return None

    def children(self, name: str) -> Iterator["Value"]:
        """They share what was read."""
        return (Value(each, None, self.read) for each in self.element.named(name))

    def below(self, *way: str) -> str:
        """The text of what a way leads to; "" if nothing."""
        found = self.child(*way)
        return found.text() if found is not None else ""

    def read_all(self) -> None:
        """Every leaf in it was carried over."""
        for each in self.element.walk():
            self.read.update(number for number, _ in each.leaves.values())
