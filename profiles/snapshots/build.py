"""Lays a differential over the tree of its base: elements, children and slices.

https://hl7.org/fhir/R4/profiling.html#snapshot
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from profiles.snapshots.choice import apart, closed_over, gathered, is_short_cut, restricted
from profiles.snapshots.differential import Change
from profiles.snapshots.error import SnapshotError, SnapshotIssue
from profiles.snapshots.groups import exclusive
from profiles.snapshots.merge import laid_over, merged, misfits
from profiles.snapshots.node import CHOICE, Element, Node
from profiles.snapshots.sliced import misfits_of_slices
from profiles.snapshots.typing import mistyped
from profiles.snapshots.unfold import profile_element, unfolded
from profiles.snapshots.world import World, by_id

EXTENSIONS: Final = frozenset(("extension", "modifierExtension"))
BY_URL: Final[Element] = {
    "discriminator": [{"type": "value", "path": "url"}],
    "ordered": False,
    "rules": "open",
}
_OF_A_SLICE: Final = frozenset(("slicing", "sliceIsConstraining"))


@dataclass(frozen=True, slots=True)
class Build:
    """One snapshot in the making. `told` gathers what was laid over, in the order of the snapshot."""

    source: str
    root: Node
    world: World
    issues: list[SnapshotIssue] = field(default_factory=list)
    told: list[Change] = field(default_factory=list)

    def grouped(self, base: Node, change: Change, *, within: bool) -> Node:
        """The element with all told of it; `within` a slice a short cut restricts the choice itself."""
        if not base.name.endswith(CHOICE) and _is_only_named(base, change):
            return self.grouped(base, change.slices[0], within=within)
        head = self.single(base, change, within=within)
        if not change.slices:
            return replace(head, slices=base.slices)
        slicing = self._slicing(base, head, change)
        slices = self._slices(base, change)
        element = {**head.element, "slicing": slicing}
        if base.name.endswith(CHOICE) and _is_by_type(slicing):
            element = closed_over(head.element, base, slices, change)
        self.issues.extend(misfits_of_slices(base, element, slices, change))
        return Node(base.name, element, head.children, slices)

    def single(self, base: Node, change: Change, *, within: bool) -> Node:
        """The element and its children, without its slices."""
        if change.is_told:
            self.told.append(change)
        element = self._element(base, change)
        children = base.children
        if change.children and not children:
            opened = unfolded(element, change, self.root, self.world)
            element, children, within = opened.element, opened.children, False
        told = self._children(children, change, within=within)
        return Node(base.name, element, exclusive(element, told) if change.children else told)

    def _element(self, base: Node, change: Change) -> Element:
        told = change.element
        if "." not in base.element["path"] and any(one.get("profile") for one in told.get("type", ())):
            raise SnapshotError("structure", "a definition cannot be of a profile", change.identity)
        self.issues.extend(misfits(base.element, told, change.identity))
        self.issues.extend(mistyped(base.element, told, change.identity, self.world))
        return merged(self._start(base.element, told), told, self.source)

    def _start(self, base: Element, told: Element) -> Element:
        """Where a type is given with one profile, its root says more than the base."""
        types: list[Element] = told.get("type", [])
        profiles = types[0].get("profile", []) if len(types) == 1 else []
        if len(profiles) != 1 or types[0].get("code") in ("Reference", "canonical"):
            return base
        template = self._profiled(profiles[0], profile_element(types[0], 0))
        if template is None:
            return base
        if types[0].get("code") != "Extension":
            return laid_over({name: value for name, value in template.items() if name != "constraint"}, base)
        element = laid_over(template, base)
        return element | {name: template[name] for name in ("min", "max") if name in template}

    def _profiled(self, profile: str, named: str) -> Element | None:
        if not named:
            return self.world.root(profile)
        found = by_id(self.world.tree(profile, self.source), named)
        return found.element if found else None

    def _children(self, children: Sequence[Node], change: Change, *, within: bool) -> tuple[Node, ...]:
        told: dict[str, list[Change]] = {}
        for one in change.children:
            told.setdefault(self._home(children, one), []).append(one)
        return tuple(
            self._child(child, told[child.name], within=within) if child.name in told else child
            for child in children
        )

    def _home(self, children: Sequence[Node], change: Change) -> str:
        names = {child.name for child in children}
        if change.name in names:
            return change.name
        for name in names:
            if is_short_cut(name, change.name, self.world):
                return name
        raise SnapshotError("not-found", f"there is no element {change.name} here", change.identity)

    def _child(self, base: Node, told: list[Change], *, within: bool) -> Node:
        if not base.name.endswith(CHOICE):
            return self.grouped(base, told[0], within=within)
        told = apart(told)
        if len(told) == 1 and told[0].name == base.name and _is_only_named(base, told[0]):
            return self.grouped(base, told[0].slices[0], within=within)
        if within and len(told) == 1 and told[0].name != base.name and not base.slices:
            return self.grouped(base, restricted(base, told[0], self.world), within=within)
        return self.grouped(base, gathered(base, told, self.world), within=within)

    def _slicing(self, base: Node, head: Node, change: Change) -> Element:
        """By what the element is sliced: as told, as in the base, or as extensions and choices always are."""
        slicing: Element | None = head.element.get("slicing")
        if slicing and "discriminator" not in slicing and base.name.endswith(CHOICE):
            return {"discriminator": [{"type": "type", "path": "$this"}], "ordered": False, **slicing}
        if slicing:
            return slicing
        if base.name in EXTENSIONS:
            return BY_URL
        if base.name.endswith(CHOICE):
            return {"discriminator": [{"type": "type", "path": "$this"}], "ordered": False, "rules": "closed"}
        raise SnapshotError(
            "structure", "has slices, but nothing says how it is sliced", change.slices[0].identity
        )

    def _slices(self, base: Node, change: Change) -> tuple[Node, ...]:
        told = {one.slice_name: one for one in change.slices}
        slices = [
            self.grouped(one, told.pop(one.slice_name), within=True) if one.slice_name in told else one
            for one in base.slices
        ]
        for name, one in told.items():
            sliced = next((node for node in slices if node.slice_name == name.rpartition("/")[0]), None)
            made = self.grouped(_unsliced(sliced or base, len(told)), one, within=True)
            slices.insert(_place(slices, name), self._opened(made, one) if change.children else made)
        return tuple(slices)

    def _opened(self, node: Node, change: Change) -> Node:
        """Where the sliced element shows its children, a slice with a profile of its own shows those."""
        if node.children or not any(one.get("profile") for one in node.element.get("type", ())):
            return node
        return replace(node, children=unfolded(node.element, change, self.root, self.world).children)


def _unsliced(base: Node, count: int) -> Node:
    """What a new slice begins as: one that need not be there, if it is not a choice's only one."""
    element = {name: value for name, value in base.element.items() if name not in _OF_A_SLICE}
    if count > 1 or not base.name.endswith(CHOICE):
        element["min"] = 0
    return Node(base.name, element, base.children)


def _place(slices: Sequence[Node], name: str) -> int:
    """A re-slice `a/b` comes after `a` and what else slices it, all others at the end."""
    parent = name.rpartition("/")[0]
    kin = [
        number
        for number, node in enumerate(slices, 1)
        if parent and (node.slice_name == parent or node.slice_name.startswith(parent + "/"))
    ]
    return kin[-1] if kin else len(slices)


def _is_only_named(base: Node, change: Change) -> bool:
    """A single slice of what nobody slices is the element itself under a name, but for extensions."""
    is_sliced = base.slices or "slicing" in base.element or base.name in EXTENSIONS
    return len(change.slices) == 1 and not (change.is_told or change.children or is_sliced)


def _is_by_type(slicing: Element) -> bool:
    return [one.get("type") for one in slicing.get("discriminator", ())] == ["type"]


def disorders(told: Sequence[Change]) -> Iterator[SnapshotIssue]:
    """What stands in another order than in the base."""
    last = -1
    for change in told:
        if change.number < last:
            yield SnapshotIssue("error", "structure", "is not in the order of the base", change.identity)
        last = max(last, change.number)
