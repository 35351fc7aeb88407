"""A snapshot as a tree: each element with its children and its slices.

https://hl7.org/fhir/R4/elementdefinition.html#path
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

PROFILE_ELEMENT: Final = "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element"


class Node:
    """An element of a profile, or a slice of one.

    definition  the ElementDefinition
    name        the last part of its path: `value[x]`
    label       as messages name it: `Observation.component:SystolicBP.code`
    """

    __slots__ = ("children", "definition", "label", "name", "slices")

    def __init__(self, definition: Mapping[str, Any], label: str) -> None:
        self.definition = definition
        self.label = label
        self.name = str(definition["path"]).rpartition(".")[2]
        self.children: dict[str, Node] = {}
        self.slices: list[Node] = []

    @property
    def slice_name(self) -> str:
        return str(self.definition.get("sliceName", ""))

    @property
    def slicing(self) -> Mapping[str, Any] | None:
        return self.definition.get("slicing")

    @property
    def min(self) -> int:
        return int(self.definition.get("min", 0))

    @property
    def max(self) -> int | None:
        """None for `*`."""
        most = self.definition.get("max", "*")
        return None if most == "*" else int(most)

    @property
    def types(self) -> Sequence[Mapping[str, Any]]:
        return tuple(self.definition.get("type", ()))

    def value_of(self, stem: str) -> Any:
        """The value of `fixed[x]`, `pattern[x]`, `minValue[x]` or `maxValue[x]`; None if there is none."""
        for name, value in self.definition.items():
            if name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper():
                return value
        return None

    def everything(self) -> Iterator["Node"]:
        """The node and all below it."""
        yield self
        for one in (*self.children.values(), *self.slices):
            yield from one.everything()


def type_profiles(type_: Mapping[str, Any]) -> list[str]:
    """The profiles of an element's type; `url#id` for one element of a profile, which the extension
    elementdefinition-profile-element names."""
    beside = type_.get("_profile", ())
    found = []
    for index, canonical in enumerate(type_.get("profile", ())):
        extensions = (beside[index] or {}).get("extension", ()) if index < len(beside) else ()
        ids = [str(one.get("valueString", "")) for one in extensions if one.get("url") == PROFILE_ELEMENT]
        found.append(f"{canonical}#{ids[0]}" if ids else str(canonical))
    return found


def tree(structure: Mapping[str, Any]) -> Node | None:
    """The root; None if there is no snapshot. Elements are in the order in which the standard has them."""
    elements = structure.get("snapshot", {}).get("element", ())
    latest: dict[str, Node] = {}
    root: Node | None = None
    for definition in elements:
        path = definition["path"]
        parent = latest.get(path.rpartition(".")[0])
        if parent is None:
            if root is None:
                root = latest[path] = Node(definition, path)
            continue
        latest[path] = _placed(definition, path, parent)
    return root


def _placed(definition: Mapping[str, Any], path: str, parent: Node) -> Node:
    """A new child of the parent, or a slice of the child that is there."""
    name, slice_name = path.rpartition(".")[2], definition.get("sliceName", "")
    child = parent.children.get(name)
    if not slice_name or child is None:
        node = Node(definition, f"{parent.label}.{name}")
        parent.children.setdefault(name, node)
        if child is not None and not slice_name:
            parent.children[name] = node
        return node
    node = Node(definition, f"{parent.label}.{name}:{slice_name}")
    _sliced(child, slice_name).slices.append(node)
    return node


def _sliced(child: Node, slice_name: str) -> Node:
    """Of a re-slice `a/b`, the slice `a`."""
    outer = slice_name.rpartition("/")[0]
    while outer:
        for one in child.everything():
            if one.slice_name == outer and one.name == child.name:
                return one
        outer = outer.rpartition("/")[0]
    return child
