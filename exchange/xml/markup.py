"""How one property is written as XML, its parent's other properties at hand.

https://hl7.org/fhir/R4/json.html#primitive
"""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from exchange.xml.narrative import embedded
from exchange.xml.primitive import attribute

Write = Callable[[Any, dict[str, Any]], str]
"""The markup of a property's value; the second argument is the object that has it."""

WriteOne = Callable[[Any, Any], str]
"""The markup of one primitive element: of its value and its sibling, one of which may be None."""


class Unwritable(ValueError):
    """`at` leads from the value to the culprit."""

    def __init__(self, diagnostics: str, at: str) -> None:
        super().__init__(diagnostics)
        self.at = at


def below(step: str, error: ValueError) -> Unwritable:
    """The error as seen from the parent: `step` is `.name` or `[0]`."""
    return Unwritable(str(error), step + (error.at if isinstance(error, Unwritable) else ""))


def nothing(value: Any, owner: dict[str, Any]) -> str:
    return ""


def narrative(value: Any, owner: dict[str, Any]) -> str:
    return embedded(value)


def own_attribute(name: str) -> Write:
    return lambda value, owner: f' {name}="{attribute(value)}"'


def each(one: Write) -> Write:
    """The elements that an array stands for."""

    def write(values: Any, owner: dict[str, Any]) -> str:
        parts = []
        for index, value in enumerate(_array(values)):
            try:
                parts.append(one(value, owner))
            except ValueError as error:
                raise below(f"[{index}]", error) from None
        return "".join(parts)

    return write


def with_sibling(name: str, one: WriteOne) -> tuple[Write, Write]:
    """How `name` and how `_name` is written, whichever is there."""
    beside = f"_{name}"

    def value(value: Any, owner: dict[str, Any]) -> str:
        return one(value, owner.get(beside))

    def sibling(value: Any, owner: dict[str, Any]) -> str:
        return "" if name in owner else one(None, value)

    return value, sibling


def each_with_sibling(name: str, one: WriteOne) -> tuple[Write, Write]:
    """The same for arrays, in which null keeps the place."""
    beside = f"_{name}"

    def elements(values: Any, siblings: Any) -> str:
        parts = []
        for index, (value, sibling) in enumerate(zip_longest(_array(values), _array(siblings))):
            try:
                parts.append(one(value, sibling))
            except ValueError as error:
                raise below(f"[{index}]", error) from None
        return "".join(parts)

    def value(values: Any, owner: dict[str, Any]) -> str:
        return elements(values, owner.get(beside, ()))

    def sibling(siblings: Any, owner: dict[str, Any]) -> str:
        return "" if name in owner else elements((), siblings)

    return value, sibling


def _array(values: Any) -> Any:
    if type(values) is not list and values != ():
        raise ValueError(f"An array is expected here, not {type(values).__name__}")
    return values
