"""A parsed XML document: elements, and the leaves (attributes and texts) whose fate is accounted for.

https://www.w3.org/TR/xml-infoset/
"""

from collections.abc import Iterator

TYPE = "xsi:type"
# Leaves that say how a value is written or how an act is meant, but hold no value of their own.
SHAPE = frozenset(
    (
        *("classCode", "moodCode", "typeCode", "determinerCode", "contextControlCode", "nullFlavor", TYPE),
        *("contextConductionInd", "codeSystem", "codeSystemName", "codeSystemVersion", "unit", "use", "type"),
        *("inversionInd", "negationInd", "currency", "xsi:nil", "mediaType", "representation", "operator"),
        *("assigningAuthorityName", "displayable", "institutionSpecified", "inclusive", "ID", "flavorId"),
    )
)
Leaf = tuple[int, str]


class Document:
    """What of one document was read: leaf numbers that reached a resource, and those left out on purpose."""

    __slots__ = ("_anchors", "ignored", "kept", "leaves")

    def __init__(self) -> None:
        self.leaves: list[tuple[Element, str, str]] = []
        self.kept: set[int] = set()
        self.ignored: set[int] = set()
        self._anchors: dict[str, Element] | None = None

    def anchored(self, anchor: str) -> "Element | None":
        """The element of this ID."""
        if self._anchors is None:
            self._anchors = {value: element for element, name, value in self.leaves if name == "ID"}
        return self._anchors.get(anchor)

    def leaf(self, element: "Element", name: str, value: str) -> Leaf:
        """Numbers a new leaf."""
        self.leaves.append((element, name, value))
        return len(self.leaves) - 1, value

    def address(self, number: int) -> str:
        """That of a leaf: `ClinicalDocument/recordTarget/patientRole/id[2]@extension`."""
        element, name, _ = self.leaves[number]
        return f"{element.path()}@{name}" if name else element.path()


class Element:
    """One element. `leaves` are its attributes by local name, and its own text as "".

    `claimed`: a row of another element has taken it over; `taken`: a map has made a resource of it.
    `called` is its name as sent, wherever the hub knows it by another.
    """

    __slots__ = (
        *("_raw", "called", "children", "claimed", "content", "document", "leaves", "name", "parent"),
        "taken",
    )
    shape = b""
    plan = b""
    fields = ()

    def __init__(self, name: str, parent: "Element | None", document: Document) -> None:
        self.name = self.called = name
        self.parent = parent
        self.document = document
        self.leaves: dict[str, Leaf] = {}
        self.children: list[Element] = []
        self.content: list[str | Element] = []
        self.claimed = False
        self.taken = False
        self._raw: str | None = None

    @property
    def raw(self) -> str:
        """The whole content as one text: equal texts are equal content."""
        if self._raw is None:
            own = "\x1f".join(f"{name}={value}" for name, (_, value) in sorted(self.leaves.items()))
            self._raw = f"<{self.name}\x1f{own}>{''.join([child.raw for child in self.children])}\x1e"
        return self._raw

    def peek(self, name: str) -> str:
        """An attribute, or with "" the text, without reading it."""
        leaf = self.leaves.get(name)
        return leaf[1] if leaf else ""

    def words(self) -> str:
        """All that stands in it, as one text."""
        said = [each if isinstance(each, str) else each.words() for each in self.content]
        return " ".join(" ".join(said).split())

    def named(self, name: str) -> list["Element"]:
        return [child for child in self.children if name in ("*", child.name)]

    def first(self, *way: str) -> "Element | None":
        """The first element that a way of names leads to."""
        if not way:
            return self
        for child in self.named(way[0]):
            if (found := child.first(*way[1:])) is not None:
                return found
        return None

    def ancestors(self) -> Iterator["Element"]:
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    def ancestor(self, name: str) -> "Element | None":
        """The nearest element of that name around this one."""
        return next((each for each in self.ancestors() if each.name == name), None)

    def walk(self) -> Iterator["Element"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def path(self) -> str:
        """The shortest address: `ClinicalDocument/recordTarget/patientRole/id[2]`."""
        if self.parent is None:
            return self.called
        same = self.parent.named(self.name)
        place = next((i for i, each in enumerate(same, 1) if each is self), 1)
        return f"{self.parent.path()}/{self.called}{f'[{place}]' if place > 1 else ''}"


def is_valued(element: Element) -> bool:
    """Whether there is a value anywhere in it. A root alone is one only where it is the whole identifier."""
    own = any(
        value and name not in SHAPE and (name != "root" or _whole(element))
        for name, (_, value) in element.leaves.items()
    )
    return own or any(is_valued(child) for child in element.children)


def _whole(element: Element) -> bool:
    return "extension" not in element.leaves and not element.peek("root").startswith("2.16.156.10011.")
