"""The structure check for resources whose parts recur: the very same object is judged once.

A translation makes codes, units and references once and puts them into many resources; nobody changes them.
A resource is right if its properties may stand together, which is remembered by their names, and if each of
them is right. Whatever is not, is told by the full check. https://hl7.org/fhir/R4/json.html
"""

from collections.abc import Sequence
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


# One property: the check of a primitive value, or where an object or a list of objects stands, or any rule.
_Step = tuple[Valid | None, _Place | None, Rule]


class _Recurring:
    """`shapes`: for the names that have stood together rightly in a type, how each is looked at."""

    def __init__(self, definitions: Definitions) -> None:
        self._check = compile_structure(definitions)
        self._members_of = compile_members(definitions)
        self._shapes: dict[tuple[str, ...], Sequence[_Step]] = {}
        self._places: dict[Rule, _Place] = {}
        self._room = _OBJECTS

    def judged(self, resource: Resource) -> list[Issue]:
        kind = resource.get("resourceType")
        if type(kind) is not str:
            return self._check(resource)
        steps = self._shapes.get((kind, *resource))
        if steps is not None and self._is_right(resource, steps):
            return []
        found = self._check(resource)
        if steps is None and not found:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            members = self._members_of(kind)
            self._shapes[kind, *resource] = [self._step(name, members) for name in resource]
        return found

    def _step(self, name: str, members: Members) -> _Step:
        rule = members.rules[name]
        if name[0] == "_":  # whether that is right depends on what it stands beside
            return None, None, rule
        of = members.items.get(name, rule)
        return members.scalars.get(name), self._places.setdefault(of, _Place(of)), rule

    def _is_right(self, resource: Resource, steps: Sequence[_Step]) -> bool:
        """Whether each property is right by itself."""
        for value, (valid, place, rule) in zip(resource.values(), steps, strict=True):
            if valid is not None:
                if not valid(value):
                    return False
            elif place is None or not value:
                if rule(value, resource):
                    return False
            elif isinstance(value, dict) and place.rule is rule:
                if place.young.get(id(value)) is not value and not self._holds(value, place, resource):
                    return False
            elif type(value) is list and place.rule is not rule:
                for each in value:
                    if place.young.get(id(each)) is not each and not self._holds(each, place, resource):
                        return False
            elif rule(value, resource):
                return False
        return True

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
