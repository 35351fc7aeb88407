"""The restricted FHIRPath that discriminators are written in, over JSON.

https://hl7.org/fhir/R4/profiling.html#discriminator
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from profiles.definitions import Definitions
from profiles.fhirpath.node import Node as Item
from profiles.fhirpath.types import model
from profiles.validator.run import Run
from profiles.validator.steps import step
from profiles.validator.values import plain


class Found(NamedTuple):
    """A value and the type, or the path, whose elements it has."""

    value: Any
    home: str


Select = Callable[[list[Found], Run], list[Found]]
_PART: Final = re.compile(r"(\$this|\w+(?:\[x\])?)(?:\(([^()]*)\))?")


class Part(NamedTuple):
    """`name`, or a function and its argument."""

    name: str
    argument: str | None


def parts(path: str) -> list[Part]:
    """`resolve().code` → its steps; `$this` is no step. Raises ValueError for what no discriminator may
    have.
    """
    found: list[Part] = []
    position = 0
    while position < len(path):
        match = _PART.match(path, position)
        if match is None or (match.end() < len(path) and path[match.end()] != "."):
            raise ValueError(path)
        if match[1] != "$this":
            argument = match[2]
            found.append(Part(match[1], argument if argument is None else argument.strip().strip("'\"")))
        position = match.end() + 1
    return found


def selection(steps: list[Part], definitions: Definitions) -> Select:
    selects = [_select(one, definitions) for one in steps]

    def select(items: list[Found], run: Run) -> list[Found]:
        for one in selects:
            items = one(items, run)
        return items

    return select


def _select(part: Part, definitions: Definitions) -> Select:
    match part:
        case Part("resolve", str()):
            return _resolved
        case Part("extension", str(url)):
            return lambda items, run: [
                Found(one, "Extension")
                for item in items
                for one in _object(item.value).get("extension", ())
                if one.get("url") == url
            ]
        case Part("ofType" | "as", str(name)):
            wanted = name.rpartition(".")[2]
            return lambda items, run: [item for item in items if _type(item) == wanted]
    return _named(part.name.removesuffix("[x]"), definitions)


def _named(name: str, definitions: Definitions) -> Select:
    known: dict[str, list[tuple[str, str, bool]]] = {}

    def properties(home: str) -> list[tuple[str, str, bool]]:
        """JSON name, home of the values, whether it is a primitive."""
        element = definitions.element(f"{home}.{name}")
        if element is None:
            return []
        return [
            (json, step(element, json, code).home, code in definitions.primitive_types)
            for json, code in element.properties.items()
        ]

    def select(items: list[Found], run: Run) -> list[Found]:
        found: list[Found] = []
        for value, home in items:
            if home == "Resource":
                home = str(_object(value).get("resourceType"))
            if home not in known:
                known[home] = properties(home)
            owner = _object(value)
            for json, below, is_primitive in known[home]:
                if json in owner or (is_primitive and f"_{json}" in owner):
                    found += values(owner, json, below, is_primitive, definitions)
        return found

    return select


def values(
    owner: Mapping[str, Any], json: str, home: str, is_primitive: bool, definitions: Definitions
) -> list[Found]:
    """The values of a property: a primitive with extensions as an item that has both."""
    value = owner.get(json)
    if not is_primitive:
        return [Found(one, home) for one in value] if type(value) is list else [Found(value, home)]
    beside = owner.get(f"_{json}")
    if beside is None:
        return [Found(one, home) for one in value] if type(value) is list else [Found(value, home)]
    type_ = model(definitions).type(home)
    if type_ is None:
        return []
    if type(value) is not list and type(beside) is not list:
        return [Found(Item(value, type_, beside), home)]
    main = value if type(value) is list else [None] * len(beside)
    return [
        Found(one if other is None else Item(one, type_, other), home)
        for one, other in zip(main, beside, strict=False)
    ]


def _resolved(items: list[Found], run: Run) -> list[Found]:
    found: list[Found] = []
    for item in items:
        value = plain(item.value)
        reference = value.get("reference") if isinstance(value, Mapping) else value
        target = run.resolve(reference) if isinstance(reference, str) else None
        if target is not None:
            found.append(Found(target.resource, "Resource"))
    return found


def _object(value: Any) -> Mapping[str, Any]:
    """What has a value's elements: of a primitive, its sibling."""
    if type(value) is Item:
        return value.element or {}
    return value if isinstance(value, dict) else {}


def _type(item: Found) -> str:
    if item.home == "Resource":
        return str(_object(item.value).get("resourceType"))
    return item.home


type_of = _type
object_of = _object
