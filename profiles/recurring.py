"""The structure check for resources whose parts recur: the very same object is judged once.

A translation makes codes, units and references once and puts them into many resources; nobody changes them.
A resource is right if its properties may stand together, which is remembered by their names, and if each of
them is right. Whatever is not, is told by the full check. https://hl7.org/fhir/R4/json.html
"""

from dataclasses import dataclass
from typing import Any, Final

from profiles.definitions import Definitions
from profiles.finding import Rule
from profiles.primitives import Valid
from profiles.rules import Members
from profiles.structure import Check, Resource, compile_members, compile_structure
from terminology.issue import Issue

_SHAPES: Final = 1024
_OBJECTS: Final = 8192
_HEAVIEST: Final = 2000


class _Place:
    """Where objects of one kind stand: those found right there, in two generations, so that what is met again
    stays. None is heavy, so that no sender can fill the memory."""

    __slots__ = ("old", "rule", "young")

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.young: dict[int, Any] = {}
        self.old: dict[int, Any] = {}


@dataclass(frozen=True, slots=True)
class _Shape:
    """How properties of certain names are looked at: primitive values by their check, objects and lists of
    objects by where they stand, the rest by its rule."""

    scalars: list[tuple[str, Valid]]
    objects: list[tuple[str, _Place]]
    lists: list[tuple[str, _Place]]
    rest: list[tuple[str, Rule]]


class _Recurring:
    """`shapes`: of the names that have stood together rightly in a type."""

    def __init__(self, definitions: Definitions) -> None:
        self._check = compile_structure(definitions)
        self._members_of = compile_members(definitions)
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._places: dict[Rule, _Place] = {}
        self._room = _OBJECTS

    def judged(self, resource: Resource) -> list[Issue]:
        kind = resource.get("resourceType")
        if type(kind) is not str:
            return self._check(resource)
        shape = self._shapes.get((kind, *resource))
        if shape is not None and self._is_right(resource, shape):
            return []
        found = self._check(resource)
        if shape is None and not found:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            self._shapes[kind, *resource] = self._shape(resource, self._members_of(kind))
        return found

    def _shape(self, resource: Resource, members: Members) -> _Shape:
        """As a right resource has them."""
        rules, scalars, items = members
        made = _Shape([], [], [], [])
        for name, value in resource.items():
            if name in scalars:
                made.scalars.append((name, scalars[name]))
            elif name in items:
                made.lists.append((name, self._place(items[name])))
            elif isinstance(value, dict) and name[0] != "_":
                made.objects.append((name, self._place(rules[name])))
            elif name != "resourceType":  # whether these are right depends on what they stand beside
                made.rest.append((name, rules[name]))
        return made

    def _place(self, rule: Rule) -> _Place:
        return self._places.setdefault(rule, _Place(rule))

    def _is_right(self, resource: Resource, shape: _Shape) -> bool:
        """Whether each property is right by itself."""
        holds = self._holds
        for name, valid in shape.scalars:
            if not valid(resource[name]):
                return False
        for name, place in shape.objects:
            value = resource[name]
            if place.young.get(id(value)) is not value and not holds(value, place, resource):
                return False
        for name, place in shape.lists:
            values = resource[name]
            if type(values) is not list or not values:
                return False
            for value in values:
                if place.young.get(id(value)) is not value and not holds(value, place, resource):
                    return False
        return not any(rule(resource[name], resource) for name, rule in shape.rest)

    def _holds(self, value: Any, place: _Place, owner: Resource) -> bool:
        """Whether a value is right that is not among those met lately."""
        if place.old.get(id(value)) is not value:
            if place.rule(value, owner):
                return False
            if _weight(value) > _HEAVIEST:
                return True
        place.young[id(value)] = value
        self._room -= 1
        if not self._room:
            self._room = _OBJECTS
            for each in self._places.values():
                each.old, each.young = each.young, {}
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
