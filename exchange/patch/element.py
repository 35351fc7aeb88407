"""Elements put into, taken out of and moved within JSON: a primitive has a value and, beside it, a sibling.

https://hl7.org/fhir/R4/json.html#primitive
"""

from dataclasses import dataclass
from typing import Any

from exchange.patch.located import Place, at

Owner = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """An element's JSON: `value` is None for a primitive with extensions alone, `beside` None if it has no
    id and no extensions."""

    value: Any
    beside: Any = None


def size(owner: Owner, name: str) -> int:
    """How many elements a list has."""
    return max(len(owner.get(name) or ()), len(owner.get(f"_{name}") or ()))


def is_there(owner: Owner, name: str) -> bool:
    return name in owner or f"_{name}" in owner


def set_single(owner: Owner, name: str, content: Content) -> None:
    """The only element of this name."""
    discard(owner, name)
    if content.value is not None:
        owner[name] = content.value
    if content.beside is not None:
        owner[f"_{name}"] = content.beside


def discard(owner: Owner, name: str) -> None:
    owner.pop(name, None)
    owner.pop(f"_{name}", None)


def insert(owner: Owner, name: str, index: int, content: Content) -> None:
    """One more element of a list."""
    values, besides = _even(owner, name)
    values.insert(index, content.value)
    besides.insert(index, content.beside)
    _keep(owner, name, values, besides)


def take(owner: Owner, name: str, index: int) -> Content:
    """An element out of a list."""
    values, besides = _even(owner, name)
    content = Content(values.pop(index), besides.pop(index))
    _keep(owner, name, values, besides)
    return content


def sibling_in(owner: Owner, name: str, index: int) -> Owner:
    """The object for the id and extensions of a primitive in a list, made if there is none."""
    values, besides = _even(owner, name)
    besides[index] = besides[index] or {}
    _keep(owner, name, values, besides)
    made: Owner = besides[index]
    return made


def remove(resource: Owner, place: Place) -> None:
    """The element, and above it what becomes empty by that: no element may be empty."""
    way = list(place)
    while way:
        last = way.pop()
        if isinstance(last, int):
            name = str(way.pop())
            owner = at(resource, tuple(way))
            _take_out(owner, name, last)
        else:
            owner = at(resource, tuple(way))
            discard(owner, last)
        if owner:
            return


def _take_out(owner: Owner, name: str, index: int) -> None:
    """A sibling that became empty leaves its value, if there is one, where it is."""
    if not name.startswith("_"):
        take(owner, name, index)
        return
    values, besides = _even(owner, name[1:])
    besides[index] = None
    if values[index] is None:
        del values[index], besides[index]
    _keep(owner, name[1:], values, besides)


def _even(owner: Owner, name: str) -> tuple[list[Any], list[Any]]:
    """The values and the siblings, both of one length."""
    length = size(owner, name)
    values, besides = list(owner.get(name) or ()), list(owner.get(f"_{name}") or ())
    return [*values, *[None] * (length - len(values))], [*besides, *[None] * (length - len(besides))]


def _keep(owner: Owner, name: str, values: list[Any], besides: list[Any]) -> None:
    discard(owner, name)
    if any(value is not None for value in values):
        owner[name] = values
    if any(beside is not None for beside in besides):
        owner[f"_{name}"] = besides
