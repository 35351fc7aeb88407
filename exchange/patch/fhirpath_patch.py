"""FHIRPath Patch: a Parameters resource that adds, inserts, deletes, replaces and moves elements.

https://hl7.org/fhir/R4/fhirpatch.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from exchange.outcome import FhirError
from exchange.patch import element
from exchange.patch.element import Content
from exchange.patch.limits import Growth, copied, require_few
from exchange.patch.located import Collection, Locator, Target, at
from exchange.patch.value import Part, content_of, member_property, parts_of
from profiles.definitions import Definitions
from profiles.fhirpath.types import Type

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """`at` is the parameter that says it; of the others, those that the type of operation has."""

    type: str
    at: str
    path: str
    name: str = ""
    value: Part | None = None
    index: int = 0
    source: int = 0
    destination: int = 0


def fhirpath_patch(resource: Resource, patch: Resource, definitions: Definitions) -> Resource:
    """The resource after all operations; neither argument is changed.

    Raises FhirError: 400 if the patch is none, 422 if an operation finds nothing, or too much.
    """
    operations = operations_of(patch)
    growth = Growth()
    changed: Resource = copied(resource)
    locator = Locator(definitions)
    for operation in operations:
        try:
            _APPLY[operation.type](changed, operation, locator, growth)
        except FhirError as error:
            error.issues = [
                replace(
                    issue,
                    diagnostics=f"{operation.type} at {operation.path[:200]}: {issue.diagnostics}",
                    expression=issue.expression or operation.at,
                )
                for issue in error.issues
            ]
            raise
        except (AttributeError, IndexError, KeyError, TypeError):
            told = "The operations so far leave no resource of R4's structure"
            raise FhirError("rule", told, operation.at) from None
    return changed


def operations_of(patch: Resource) -> list[Operation]:
    """The operations of a Parameters resource; raises 400 about the first that is none."""
    if patch.get("resourceType") != "Parameters":
        raise FhirError("invalid", "A FHIRPath Patch is a Parameters resource", "resourceType")
    given = patch.get("parameter", [])
    if type(given) is not list:
        raise FhirError("invalid", "parameter is an array", "Parameters.parameter")
    require_few(len(given))
    return [_operation(parameter, f"Parameters.parameter[{n}]") for n, parameter in enumerate(given)]


def _operation(parameter: Any, place: str) -> Operation:
    if type(parameter) is not dict or parameter.get("name") != "operation":
        raise FhirError("invalid", "Each parameter is an operation", place)
    parts: dict[str, Part] = {}
    for number, part in enumerate(parts_of(parameter, place)):
        if part["name"] not in _PARTS or part["name"] in parts:
            raise FhirError(
                "invalid", "An operation has no such part, or not twice", f"{place}.part[{number}]"
            )
        parts[part["name"]] = part
    type_ = _text(parts, "type", place)
    if type_ not in _APPLY:
        raise FhirError("invalid", f"The type is one of {', '.join(_APPLY)}", place)
    needed = _NEEDED[type_]
    if "value" in needed and "value" not in parts:
        raise FhirError("invalid", f"{type_} has a value", place)
    numbers = {name: _number(parts, name, place) for name in _NUMBERS if name in needed}
    return Operation(
        type_,
        place,
        _text(parts, "path", place),
        name=_text(parts, "name", place) if "name" in needed else "",
        value=parts.get("value"),
        index=numbers.get("index", 0),
        source=numbers.get("source", 0),
        destination=numbers.get("destination", 0),
    )


def _text(parts: Mapping[str, Part], name: str, place: str) -> str:
    value = _one(parts, name, place)
    if not isinstance(value, str) or not value:
        raise FhirError("invalid", f"{name} is a text", place)
    return value


def _number(parts: Mapping[str, Part], name: str, place: str) -> int:
    value = _one(parts, name, place)
    if type(value) is not int or value < 0:
        raise FhirError("invalid", f"{name} is a number, from 0", place)
    return value


def _one(parts: Mapping[str, Part], name: str, place: str) -> Any:
    if name not in parts:
        raise FhirError("invalid", f"The operation has no {name}", place)
    return content_of(parts[name], None, place).value


def _add(resource: Resource, operation: Operation, locator: Locator, growth: Growth) -> None:
    target = _only(locator.targets(resource, operation.path))
    member, name = member_property(target.type, operation.name, operation.value or {}, operation.at)
    content = _content(operation, member.types[name], growth)
    owner = _owner(resource, target)
    if member.is_list:
        element.insert(owner, name, element.size(owner, name), content)
    elif any(element.is_there(owner, other) for other in member.types):
        raise FhirError("rule", f"{member.name} is there already")
    else:
        element.set_single(owner, name, content)


def _insert(resource: Resource, operation: Operation, locator: Locator, growth: Growth) -> None:
    found, owner, size = _list(resource, operation, locator)
    if operation.index > size:
        raise FhirError("rule", f"The list has {size} elements")
    element.insert(owner, found.name, operation.index, _content(operation, found.type, growth))


def _delete(resource: Resource, operation: Operation, locator: Locator, growth: Growth) -> None:
    """What is not there needs no deletion."""
    targets = locator.targets(resource, operation.path)
    if targets:
        target = _only(targets)
        _require_part(target)
        element.remove(resource, target.place)


def _replace(resource: Resource, operation: Operation, locator: Locator, growth: Growth) -> None:
    target = _only(locator.targets(resource, operation.path))
    _require_part(target)
    content = _content(operation, target.type, growth)
    if isinstance(target.place[-1], int):
        *way, name, index = target.place
        owner = at(resource, tuple(way))
        element.take(owner, str(name), int(index))
        element.insert(owner, str(name), int(index), content)
        return
    *way, name = target.place
    owner = at(resource, tuple(way))
    wanted = _chosen(locator.type_at(resource, tuple(way)), str(name), operation)
    element.discard(owner, str(name))
    element.set_single(owner, wanted, content)


def _chosen(owner: Type | None, name: str, operation: Operation) -> str:
    """The property for the new value: a choice may get another type."""
    known = owner.properties.get(name) if owner else None
    if owner is None or known is None or not known[1].is_choice:
        return name
    return member_property(owner, known[1].name, operation.value or {}, operation.at)[1]


def _move(resource: Resource, operation: Operation, locator: Locator, growth: Growth) -> None:
    found, owner, size = _list(resource, operation, locator)
    if operation.source >= size or operation.destination >= size:
        raise FhirError("rule", f"The list has {size} elements")
    content = element.take(owner, found.name, operation.source)
    element.insert(owner, found.name, operation.destination, content)


def _list(resource: Resource, operation: Operation, locator: Locator) -> tuple[Collection, Resource, int]:
    found = locator.collection(resource, operation.path)
    owner = at(resource, found.owner)
    return found, owner, element.size(owner, found.name)


def _content(operation: Operation, type_: Type | None, growth: Growth) -> Content:
    given = content_of(operation.value or {}, type_, operation.at)
    return Content(growth.copied(given.value), growth.copied(given.beside))


def _owner(resource: Resource, target: Target) -> Resource:
    """The object that has the elements of the target: of a primitive, its sibling."""
    if not target.type.is_primitive:
        owner: Resource = at(resource, target.place)
        return owner
    *way, last = target.place
    if not isinstance(last, int):
        made: Resource = at(resource, tuple(way)).setdefault(f"_{last}", {})
        return made
    name = str(way.pop())
    return element.sibling_in(at(resource, tuple(way)), name, last)


def _only(targets: list[Target]) -> Target:
    if len(targets) != 1:
        raise FhirError("rule", f"The path gives {len(targets) or 'no'} elements, not one")
    return targets[0]


def _require_part(target: Target) -> None:
    if not target.place:
        raise FhirError("rule", "The path gives the resource itself")


_PARTS: Final = frozenset(("type", "path", "name", "value", "index", "source", "destination"))
_NUMBERS: Final = ("index", "source", "destination")
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("name", "value"),
    "insert": ("index", "value"),
    "delete": (),
    "replace": ("value",),
    "move": ("source", "destination"),
}
_APPLY: Final[Mapping[str, Callable[[Resource, Operation, Locator, Growth], None]]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}
