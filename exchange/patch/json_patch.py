"""JSON Patch on values as `fhirjson` reads them, so that decimals keep their text.

https://www.rfc-editor.org/rfc/rfc6902
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from exchange.outcome import FhirError
from exchange.patch.limits import Growth, copied, require_few
from exchange.patch.pointer import Absent, Pointer, expression, index, member, parsed, place_in, value_at
from terminology.issue import Issue


@dataclass(frozen=True, slots=True)
class Operation:
    """`source` is where `move` and `copy` take the value from."""

    name: str
    path: Pointer
    value: Any = None
    source: Pointer = ()


def json_patch(document: Any, patch: Any) -> Any:
    """The document after all operations; neither argument is changed.

    Raises FhirError: 400 if the patch is none, 422 if a place is not there or a `test` fails.
    """
    operations = operations_of(patch)
    growth = Growth()
    changed = copied(document)
    for number, operation in enumerate(operations):
        try:
            changed = _APPLY[operation.name](changed, operation, growth)
        except Absent as error:
            told = f"Operation {number} ({operation.name}): {error}"
            issue = Issue("error", "processing", told, expression(document, error.at))
            raise FhirError.of("rule", [issue]) from None
    return changed


def operations_of(patch: Any) -> list[Operation]:
    """The operations of a patch document; raises 400 about the first that is none."""
    if type(patch) is not list:
        raise FhirError("invalid", "A JSON Patch is an array of operations")
    require_few(len(patch))
    return [_operation(given, number) for number, given in enumerate(patch)]


def takes_away(patch: Any) -> bool:
    """Whether an operation may leave an object or array empty."""
    return any(operation.name in ("remove", "move") for operation in operations_of(patch))


def equal(one: Any, other: Any) -> bool:
    """Equality of JSON values: of numbers by value, and true is not 1."""
    if type(one) is dict and type(other) is dict:
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return one == other
    return type(one) is type(other) and bool(one == other)


def _operation(given: Any, number: int) -> Operation:
    at = f"[{number}]"
    if type(given) is not dict:
        raise FhirError("invalid", "An operation is an object", at)
    name = given.get("op")
    if not isinstance(name, str) or name not in _APPLY:
        raise FhirError("invalid", f"op is one of {', '.join(_APPLY)}", f"{at}.op")
    path = _pointer(given, "path", at)
    if name in ("add", "replace", "test") and "value" not in given:
        raise FhirError("invalid", f"{name} has a value", f"{at}.value")
    if name not in ("move", "copy"):
        return Operation(name, path, given.get("value"))
    source = _pointer(given, "from", at)
    if name == "move" and source != path and path[: len(source)] == source:
        raise FhirError("invalid", "A value cannot be moved into itself", f"{at}.path")
    return Operation(name, path, source=source)


def _pointer(given: Mapping[str, Any], name: str, at: str) -> Pointer:
    text = given.get(name)
    if not isinstance(text, str):
        raise FhirError("invalid", f"The operation has a {name}, a JSON Pointer", f"{at}.{name}")
    try:
        return parsed(text)
    except ValueError as error:
        raise FhirError("invalid", str(error), f"{at}.{name}") from None


def _add(document: Any, operation: Operation, growth: Growth) -> Any:
    return _put(document, operation.path, growth.copied(operation.value))


def _remove(document: Any, operation: Operation, growth: Growth) -> Any:
    _taken(document, operation.path)
    return document


def _replace(document: Any, operation: Operation, growth: Growth) -> Any:
    value = growth.copied(operation.value)
    if not operation.path:
        return value
    *way, last = operation.path
    container = value_at(document, tuple(way))
    member(container, last, operation.path)
    container[index(container, last, operation.path) if type(container) is list else last] = value
    return document


def _move(document: Any, operation: Operation, growth: Growth) -> Any:
    if operation.source == operation.path:
        value_at(document, operation.path)
        return document
    return _put(document, operation.path, _taken(document, operation.source))


def _copy(document: Any, operation: Operation, growth: Growth) -> Any:
    return _put(document, operation.path, growth.copied(value_at(document, operation.source)))


def _test(document: Any, operation: Operation, growth: Growth) -> Any:
    if not equal(value_at(document, operation.path), operation.value):
        raise Absent("The value is another", operation.path)
    return document


def _put(document: Any, path: Pointer, value: Any) -> Any:
    if not path:
        return value
    *way, last = path
    container = value_at(document, tuple(way))
    if type(container) is dict:
        container[last] = value
    elif type(container) is list:
        container.insert(place_in(container, last, path), value)
    else:
        raise Absent("A value that is no object and no array has no members", path)
    return document


def _taken(document: Any, path: Pointer) -> Any:
    if not path:
        raise Absent("The whole cannot be taken away", path)
    *way, last = path
    container = value_at(document, tuple(way))
    value = member(container, last, path)
    del container[index(container, last, path) if type(container) is list else last]
    return value


_APPLY: Final[Mapping[str, Callable[[Any, Operation, Growth], Any]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
