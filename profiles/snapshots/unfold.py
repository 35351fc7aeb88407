"""The children that an element has by its type, its profile or what it refers to.

https://hl7.org/fhir/R4/profiling.html#snapshot
"""

from dataclasses import dataclass

from profiles.snapshots.differential import Change
from profiles.snapshots.error import SnapshotError
from profiles.snapshots.node import Element, Node
from profiles.snapshots.world import PROFILE_ELEMENT, World, by_id

ANY: frozenset[str] = frozenset(("id", "extension"))


@dataclass(frozen=True, slots=True)
class Unfolded:
    """`element` is the one unfolded: of a content reference it now has the type of what it refers to."""

    element: Element
    children: tuple[Node, ...]


def unfolded(element: Element, change: Change, root: Node, world: World) -> Unfolded:
    """`root` is the tree that relative content references lead into. Raises SnapshotError."""
    reference = element.get("contentReference")
    if reference:
        target = _referred(reference, root, world, change.identity)
        own = {name: value for name, value in element.items() if name != "contentReference"}
        return Unfolded({**own, "type": target.element.get("type", [])}, target.children)
    types = element.get("type", [])
    codes = {world.code(one) for one in types}
    if len(codes) > 1:
        return Unfolded(element, _of_any(codes, change, world))
    if not codes:
        raise SnapshotError("structure", "has no type whose children could be told of", change.identity)
    return Unfolded(element, _of_type(types, world, change.identity))


def _referred(reference: str, root: Node, world: World, expression: str) -> Node:
    home, _, identity = reference.rpartition("#")
    home = home or identity.partition(".")[0]
    tree = world.tree(home, expression) if world.resolve(home) else root
    found = by_id(tree, identity)
    if found:
        return found
    raise SnapshotError("not-found", f"the content reference {reference} leads nowhere", expression)


def _of_any(codes: set[str], change: Change, world: World) -> tuple[Node, ...]:
    """What all types of a choice have in common, if no more is told of it."""
    if not {child.name for child in change.children} <= ANY:
        listed = ", ".join(sorted(codes))
        raise SnapshotError("structure", f"has children, but several types: {listed}", change.identity)
    return world.tree("Element", change.identity).children


def _of_type(types: list[Element], world: World, expression: str) -> tuple[Node, ...]:
    profiles = [(one, number) for one in types for number, _ in enumerate(one.get("profile", ()))]
    if len(types) == 1 and len(profiles) == 1:
        profiled = _of_profile(*profiles[0], world, expression)
        if profiled:
            return profiled.children
    return world.tree(world.code(types[0]), expression).children


def _of_profile(one: Element, number: int, world: World, expression: str) -> Node | None:
    """The root of a type's profile, or the element in it that an extension names; None if it is not there."""
    profile = one["profile"][number]
    structure = world.resolve(profile)
    if structure is None:
        return None
    root = world.tree_of(structure, expression)
    named = profile_element(one, number)
    found = by_id(root, named) if named else root
    if found is None:
        raise SnapshotError("not-found", f"{profile} has no element {named}", expression)
    return found


def profile_element(one: Element, number: int) -> str:
    """The element of a profile that a type means instead of the whole profile."""
    marks = one.get("_profile", [])
    extensions = (marks[number] or {}).get("extension", ()) if number < len(marks) else ()
    named: str = next((x.get("valueString", "") for x in extensions if x["url"] == PROFILE_ELEMENT), "")
    return named
