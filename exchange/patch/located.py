"""Where in a resource the elements stand that a FHIRPath expression gives.

The expression is evaluated on a copy in which every primitive has an object of its own for its id and
extensions; so each item, primitive or not, is an object that says where it came from.

https://hl7.org/fhir/R4/fhirpatch.html
"""

from dataclasses import dataclass
from typing import Any, Final

from exchange.outcome import FhirError
from exchange.patch.limits import MAX_LOOKS
from profiles.definitions import Definitions
from profiles.fhirpath import Environment, FhirPathError, Node, compile_expression
from profiles.fhirpath.parser import parse
from profiles.fhirpath.syntax import Name, Path
from profiles.fhirpath.types import Member, Model, Type
from profiles.fhirpath.types import model as model_of

Place = tuple[str | int, ...]
MAX_LENGTH: Final = 2000
STEPS: Final = 300_000


@dataclass(frozen=True, slots=True)
class Target:
    """`place` leads through JSON's properties and indexes to the element, `type` is its type."""

    place: Place
    type: Type


@dataclass(frozen=True, slots=True)
class Collection:
    """All that an element has in one owner: `name` is the JSON property."""

    owner: Place
    name: str
    type: Type | None


class Locator:
    """Finds elements of a resource that changes from one operation to the next."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.model: Model = model_of(definitions)
        self._looks = MAX_LOOKS

    def targets(self, resource: dict[str, Any], path: str) -> list[Target]:
        """The elements of the resource that the path gives. Raises FhirError."""
        if len(path) > MAX_LENGTH:
            raise FhirError("invalid", f"A path has at most {MAX_LENGTH} characters")
        places: dict[int, Place] = {}
        try:
            copy = _marked(resource, (), places)
        except (AttributeError, TypeError):
            raise FhirError("rule", "The operations so far leave no resource of R4's structure") from None
        self._looks -= len(places)
        if self._looks < 0:
            raise FhirError("too-large", "The patch has too many operations for so large a resource")
        try:
            expression = compile_expression(path, self._definitions)
            items = expression.nodes(copy, Environment(copy, steps=STEPS))
        except FhirPathError as error:
            raise FhirError("invalid" if error.kind == "syntax" else "rule", f"The path: {error}") from None
        found = [self._target(resource, item, places) for item in items]
        located = [target for target in found if target is not None]
        return located if len(located) == len(found) else self._member_targets(resource, path)

    def collection(self, resource: dict[str, Any], path: str) -> Collection:
        """The list that the path is about, whether there is anything in it or not. Raises FhirError."""
        targets = self.targets(resource, path)
        if not targets:
            return self._empty(resource, path)
        lists = {target.place[:-1] for target in targets}
        first = targets[0].place
        if len(lists) > 1 or not first or not isinstance(first[-1], int):
            raise FhirError("rule", "The path is not of one list")
        *owner, name = first[:-1]
        return Collection(tuple(owner), str(name), targets[0].type)

    def type_at(self, resource: dict[str, Any], place: Place) -> Type | None:
        """The type of what stands at a place."""
        value: Any = resource
        type_ = self.model.resource(resource)
        for step in place:
            value = value[step]
            if isinstance(step, str):
                known = type_.properties.get(step.removeprefix("_")) if type_ else None
                type_ = known[0] if known else None
            if type_ is None and type(value) is dict:
                type_ = self.model.resource(value)
        return type_

    def _empty(self, resource: dict[str, Any], path: str) -> Collection:
        source, name = _parted(path)
        owners = self.targets(resource, source) if source else []
        if len(owners) != 1 or name not in owners[0].type.members:
            raise FhirError("rule", "The path gives nothing")
        member = owners[0].type.members[name]
        if not member.is_list:
            raise FhirError("rule", f"{name} is no list")
        return Collection(owners[0].place, member.name, member.type)

    def _target(self, resource: dict[str, Any], item: Any, places: dict[int, Place]) -> Target | None:
        """None for what is no element of the resource, and for ids, which cannot be told apart."""
        if type(item) is Node:
            marker = item.element if item.type.is_primitive else item.value
            place = places.get(id(marker))
            return None if place is None else Target(place, item.type)
        place = places.get(id(item)) if type(item) is dict else None
        type_ = self.model.resource(item) if place is not None else None
        return None if place is None or type_ is None else Target(place, type_)

    def _member_targets(self, resource: dict[str, Any], path: str) -> list[Target]:
        """The ids of elements and the URLs of extensions, by the elements that have them."""
        source, name = _parted(path)
        owners = self.targets(resource, source) if source else []
        found = []
        for owner in owners:
            member = owner.type.members.get(name)
            if member is None or member.is_list or member.type is None:
                raise FhirError("rule", "The path gives what is no element of the resource")
            place = sibling(owner.place) if owner.type.is_primitive else owner.place
            if name in at(resource, place):
                found.append(Target((*place, name), member.type))
        if not owners:
            raise FhirError("rule", "The path gives what is no element of the resource")
        return found


def at(resource: Any, place: Place) -> Any:
    """The value at a place."""
    value = resource
    for step in place:
        value = value[step]
    return value


def sibling(place: Place) -> Place:
    """Where a primitive's id and extensions stand."""
    at_name = -2 if isinstance(place[-1], int) else -1
    return (*place[:at_name], f"_{place[at_name]}", *(place[-1:] if at_name == -2 else ()))


def property_of(member: Member, code: str) -> str | None:
    """The JSON property of an element for a value of a type; None if a choice has no such type."""
    if not member.is_choice:
        return member.name
    return next((name for name in member.types if name == f"{member.name}{code}"), None)


def _parted(path: str) -> tuple[str, str]:
    """What stands before the last name of a path, and that name; empty if the path ends otherwise."""
    match parse(path):
        case Path(_, Name(name, position), _):
            return path[:position].rstrip().removesuffix("`").rstrip().removesuffix(".").rstrip(), name
    return "", ""


def _marked(value: dict[str, Any], place: Place, places: dict[int, Place]) -> dict[str, Any]:
    copy: dict[str, Any] = {}
    places[id(copy)] = place
    for name, child in value.items():
        if name == "resourceType":
            copy[name] = child
        elif name[:1] != "_":
            _mark(copy, name, child, value.get(f"_{name}"), place, places)
        elif name[1:] not in value:
            _mark(copy, name[1:], None, child, place, places)
    return copy


def _mark(
    copy: dict[str, Any], name: str, child: Any, siblings: Any, place: Place, places: dict[int, Place]
) -> None:
    if type(child) is dict:
        copy[name] = _marked(child, (*place, name), places)
    elif type(child) is list and child and type(child[0]) is dict:
        copy[name] = [
            _marked(one, (*place, name, n), places) if type(one) is dict else one
            for n, one in enumerate(child)
        ]
    elif type(child) is list or type(siblings) is list:
        beside = siblings if type(siblings) is list else []
        size = max(len(child or ()), len(beside))
        copy[name] = [*(child or ()), *[None] * (size - len(child or ()))]
        copy[f"_{name}"] = [
            _marker(beside[n] if n < len(beside) else None, (*place, name, n), places) for n in range(size)
        ]
    else:
        if child is not None:
            copy[name] = child
        copy[f"_{name}"] = _marker(siblings, (*place, name), places)


def _marker(element: Any, place: Place, places: dict[int, Place]) -> dict[str, Any]:
    """A primitive's id and extensions, which stand under the property with the underscore."""
    marker: dict[str, Any] = {}
    places[id(marker)] = place
    for name, child in (element or {}).items():
        if name[:1] != "_":
            _mark(marker, name, child, element.get(f"_{name}"), sibling(place), places)
    return marker
