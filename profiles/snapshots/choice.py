"""What is told of a choice: of `value[x]`, of its slices by type, and by the short cut `valueQuantity`.

https://hl7.org/fhir/R4/profiling.html#slicing and https://hl7.org/fhir/R4/elementdefinition.html#path
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from profiles.snapshots.differential import Change
from profiles.snapshots.error import SnapshotError
from profiles.snapshots.node import CHOICE, Element, Node
from profiles.snapshots.world import World

EXTENSION_VALUE: Final = "Extension.value[x]"  # of which a short cut leaves that type alone
BY_TYPE: Element = {"discriminator": [{"type": "type", "path": "$this"}], "ordered": False}


def typed_name(choice: str, code: str) -> str:
    """`value[x]`, Quantity → `valueQuantity`."""
    return choice.removesuffix(CHOICE) + code[:1].upper() + code[1:]


def is_short_cut(choice: str, name: str, world: World) -> bool:
    """Whether a name means one type of a choice, if perhaps not one that is allowed."""
    stem = choice.removesuffix(CHOICE)
    rest = name.removeprefix(stem)
    if not choice.endswith(CHOICE) or not name.startswith(stem) or not rest[:1].isupper():
        return False
    return any(world.resolve(code) for code in (rest, rest[0].lower() + rest[1:]))


def apart(told: Sequence[Change]) -> list[Change]:
    """Slices that are named below a short cut, each as a short cut of its own."""
    parts: list[Change] = []
    for one in told:
        if one.name.endswith(CHOICE) or not one.slices:
            parts.append(one)
        else:
            parts += ([one] if one.is_told or one.children else []) + one.slices
    return parts


def gathered(base: Node, told: Sequence[Change], world: World) -> Change:
    """All that is told of a choice as one change: that of `value[x]`, with a slice for each type."""
    head = next((one for one in told if one.name == base.name), None)
    short = [_slice(base, one, world) for one in told if one is not head]
    if head is None:
        head = Change(base.name, told[0].number, told[0].identity)
    if short and base.element.get("base", {}).get("path") == EXTENSION_VALUE:
        types = [kind for one in short for kind in one.element["type"]]
        head = replace(head, element={"type": types, **head.element})
    named = [_typed(base, one, world) for one in head.slices]
    return replace(head, slices=sorted((*named, *short), key=lambda one: one.number))


def restricted(base: Node, told: Change, world: World) -> Change:
    """A short cut as what it means within a slice: the choice has this one type, if no other name is told."""
    element = told.element
    if told.slice_name in ("", told.name):
        element = {"type": [_type(base, told, world)], **element}
    return replace(told, name=base.name, element=element, is_told=True)


def closed_over(head: Element, base: Node, slices: Sequence[Node], told: Change) -> Element:
    """The choice with its slicing, whatever rules are told: closed if each type has its slice, or if the base
    is sliced already, as HL7's generator has it; a slice that must be there decides.

    Raises SnapshotError.
    """
    names = {one.slice_name for one in told.slices if one.element.get("min", 0) > 0}
    needed = [one for one in slices if one.slice_name in names]
    if needed and len(told.slices) > 1:
        raise SnapshotError(
            "business-rule", "one type is needed, so others can never be there", told.identity
        )
    element = dict(head)
    if needed:
        codes = {one["code"] for one in needed[0].element["type"]}
        element["type"] = [one for one in head.get("type", ()) if one["code"] in codes]
        element["min"] = 1
    covered = {one["code"] for node in slices for one in node.element.get("type", ())}
    is_covered = {one["code"] for one in element.get("type", ())} <= covered
    element["slicing"] = {**BY_TYPE, "rules": "closed" if is_covered or base.slices else "open"}
    return element


def _slice(base: Node, told: Change, world: World) -> Change:
    element = {"type": [_type(base, told, world)], "sliceName": told.name, **told.element}
    return _typed(base, replace(told, name=base.name, element=element, is_told=True), world)


def _typed(base: Node, told: Change, world: World) -> Change:
    """The slice of a type with the type, if its name alone says so. Raises SnapshotError."""
    allowed = {world.code(one): one for one in base.element.get("type", ())}
    stem = base.name.removesuffix(CHOICE)
    types = told.element.get("type")
    if not types:
        named = {typed_name(stem, code): one for code, one in allowed.items()}
        one = named.get(told.slice_name) or _kind(told.slice_name.removeprefix(stem), allowed, world)
        return replace(told, element={**told.element, "type": [one]}) if one else told
    for one in types:
        code = world.code(one)
        if not any(world.is_kind_of(code, other) for other in allowed):
            raise SnapshotError("business-rule", f"{code} is no type that the base allows", told.identity)
    expected = typed_name(stem, types[0]["code"]) if len(types) == 1 else told.slice_name
    if told.slice_name != expected and "/" not in told.slice_name:
        raise SnapshotError("business-rule", f"the slice must be named {expected}", told.identity)
    return told


def _type(base: Node, told: Change, world: World) -> Element:
    """The type that a short cut names. Raises SnapshotError if the base does not allow it."""
    stem = base.name.removesuffix(CHOICE)
    allowed = {world.code(one): one for one in base.element.get("type", ())}
    for code, one in allowed.items():
        if typed_name(stem, code) == told.name:
            return dict(one)
    found = _kind(told.name.removeprefix(stem), allowed, world)
    if found is None:
        raise SnapshotError("business-rule", f"{told.name} has no type that the base allows", told.identity)
    return found


def _kind(name: str, allowed: Iterable[str], world: World) -> Element | None:
    """A type that specialises one that is allowed."""
    for code in (name, name[:1].lower() + name[1:]):
        if name and world.resolve(code) and any(world.is_kind_of(code, one) for one in allowed):
            return {"code": code}
    return None
