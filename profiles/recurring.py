"""The structure check for resources whose parts recur: the very same object is judged once.

A translation makes codes, units and references once and puts them into many resources; nobody changes them.
A resource is right if its properties may stand together, which is remembered by their names, and if each of
them is right. Whatever is not, is told by the full check. https://hl7.org/fhir/R4/json.html
"""

from typing import Any, Final

from profiles.definitions import Definitions
from profiles.finding import Rule
from profiles.shapes import NOTHING_YET, Place, Right, is_leaf, write_shape
from profiles.structure import Check, Resource, compile_members, compile_parts, compile_structure
from terminology.issue import Issue

_SHAPES: Final = 1024
_OBJECTS: Final = 8192
_HEAVIEST: Final = 2000
_LONGEST: Final = 200


class _Recurring:
    """`shapes`: of the names that have stood together rightly in a type."""

    def __init__(self, definitions: Definitions) -> None:
        self._check = compile_structure(definitions)
        self._members_of = compile_members(definitions)
        self._parts_of = compile_parts(definitions)
        self._shapes: dict[tuple[str, ...], Right] = {}
        self._places: dict[Rule, Place] = {}
        self._room = _OBJECTS
        self._room_of_shapes = _SHAPES

    def judged(self, resource: Resource) -> list[Issue]:
        kind = resource.get("resourceType")
        if type(kind) is not str:
            return self._check(resource)
        right = self._shapes.get((kind, *resource))
        if right is not None and right(resource):
            return []
        found = self._check(resource)
        if right is None and not found:
            self._make_room()
            right = write_shape(resource, self._members_of(kind), self._place, self._met)
            self._shapes[kind, *resource] = right
        return found

    def _make_room(self) -> None:
        """For the check of one more shape, wherever it stands."""
        self._room_of_shapes -= 1
        if not self._room_of_shapes:
            self._room_of_shapes = _SHAPES
            self._shapes.clear()
            for each in self._places.values():
                each.shapes.clear()
                each.leaves.clear()

    def _place(self, rule: Rule) -> Place:
        known = self._places.get(rule)
        if known is None:
            known = self._places[rule] = Place(rule, self._parts_of(rule))
        return known

    def _met(self, value: Any, place: Place, owner: Resource, last: list[Any], slot: int) -> bool:
        """Whether a value is right that is not among those met lately."""
        if place.old.get(id(value), NOTHING_YET) is not value:
            names = tuple(value) if type(value) is dict else ()
            leaf = place.leaves.get(names)
            if leaf is not None:
                if not leaf(value):
                    return False
                if "reference" in value and _weight(value) <= _LONGEST:
                    last[slot] = value
                return True
            if not self._is_right_there(value, names, place, owner):
                return False
            if _weight(value) > _HEAVIEST:
                return True
        place.young[id(value)] = last[slot] = value
        self._room -= 1
        if not self._room:
            self._room = _OBJECTS
            for each in self._places.values():
                each.age()
        return True

    def _is_right_there(self, value: Any, names: tuple[str, ...], place: Place, owner: Resource) -> bool:
        """The same of any value, by its shape if that is known."""
        right = place.shapes.get(names)
        if right is not None:
            return right(value)
        if place.rule(value, owner):
            return False
        if names and place.members is not None:
            self._make_room()
            of = place.leaves if is_leaf(value, place.members) else place.shapes
            of[names] = write_shape(value, place.members, self._place, self._met)
        return True


def compile_recurring(definitions: Definitions) -> Check:
    """A check that finds what `compile_structure` finds, of resources whose parts nobody changes. It
    remembers, so it belongs to one owner."""
    return _Recurring(definitions).judged


def _weight(value: Any) -> int:
    """Characters and members in all, as far as it matters."""
    if type(value) is str:
        return len(value)
    weight = 8
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            weight += _weight(each)
            if weight > _HEAVIEST:
                break
    return weight
