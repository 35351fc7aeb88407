"""Which values a field stands for: the members of an element, after the field's arguments.

https://hl7.org/fhir/R4/graphql.html#lists
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from exchange.graphql.document import GraphQLFault

Test = Callable[[str, Any, str], bool]


class Element(Protocol):
    """What is needed of an element's definition."""

    @property
    def types(self) -> tuple[str, ...]: ...
    @property
    def is_list(self) -> bool: ...


class Definitions(Protocol):
    """What is needed of R4."""

    @property
    def resource_types(self) -> frozenset[str]: ...
    @property
    def primitive_types(self) -> frozenset[str]: ...
    def element(self, path: str) -> Any: ...
    def home(self, element: Any) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Field:
    """`home` is the type or path that a value's own fields are looked up under; empty for a primitive."""

    values: Sequence[Any]
    home: str
    is_list: bool


def field_of(r4: Definitions, home: str, value: Mapping[str, Any], name: str) -> Field:
    """Raises GraphQLFault for a name that the type does not have."""
    element = r4.element(f"{home}.{name.removeprefix('_')}")
    if element is None or element.name.endswith("[x]"):
        raise GraphQLFault(f"{home} has no field {name[:64]}")
    found = value.get(name)
    values = found if isinstance(found, list) else [] if found is None else [found]
    kind = element.types[0] if element.types else ""
    if name.startswith("_"):
        if kind not in r4.primitive_types:
            raise GraphQLFault(f"{home} has no field {name[:64]}")
        return Field([each for each in values if each is not None], "Element", element.is_list)
    if kind in r4.primitive_types:
        return Field([each for each in values if each is not None], "", element.is_list)
    return Field(values, r4.home(element) or kind, element.is_list)


def filtered(field: Field, arguments: Mapping[str, Any], holds: Test) -> Sequence[Any]:
    """The values that fulfil the arguments: `_offset` and `_count` of a list, `fhirpath`, and any member's
    value. `holds` judges a FHIRPath expression for a value of a type."""
    values = field.values
    for name, wanted in arguments.items():
        if name in ("_offset", "_count"):
            continue
        if not field.home:
            raise GraphQLFault(f"The argument {name[:64]} is for lists of objects")
        if name == "fhirpath":
            values = [each for each in values if holds(str(wanted), each, field.home)]
        else:
            values = [each for each in values if _has(each, name, wanted)]
    offset = _number(arguments, "_offset") or 0
    count = _number(arguments, "_count")
    return values[offset:] if count is None else values[offset : offset + count]


def _has(value: Any, name: str, wanted: Any) -> bool:
    found = value.get(name) if isinstance(value, dict) else None
    return any(_text(each) == _text(wanted) for each in (found if isinstance(found, list) else [found]))


def _text(value: Any) -> str:
    return (
        {True: "true", False: "false", None: ""}.get(value, str(value))
        if not isinstance(value, str)
        else value
    )


def _number(arguments: Mapping[str, Any], name: str) -> int | None:
    if name not in arguments:
        return None
    text = str(arguments[name])
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise GraphQLFault(f"{name} is a number")
    return int(text)
