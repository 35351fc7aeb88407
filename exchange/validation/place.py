"""Where in a text an element stands: the way from a FHIRPath expression to line and column.

https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

_STEP: Final = re.compile(r"\.?([A-Za-z_]\w*)((?:\[\d+\]|\.ofType\(\w+\))*)")
_INDEX: Final = re.compile(r"\[(\d+)\]")
_TYPE: Final = re.compile(r"ofType\((\w+)\)")


Wanted: TypeAlias = "dict[str, dict[int, Wanted]]"
"""By name and number, what is to be looked for in an element."""


class Place(NamedTuple):
    """Both count from 1."""

    line: int
    column: int


class Spot:
    """An element of a text, and elements in it by name and number.

    What JSON has beside a primitive, under `_name`, is in the element like what it has itself.
    """

    __slots__ = ("inside", "place")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.inside: dict[str, dict[int, Spot]] = {}


class Step(NamedTuple):
    """One step of an expression; `type` is that of a choice."""

    name: str
    number: int
    type: str

    @property
    def names(self) -> Iterator[str]:
        yield self.name + self.type[:1].upper() + self.type[1:]
        if self.type:
            yield self.name


def steps(expression: str) -> list[Step]:
    """Those below the root, as far as they are names and indexes."""
    found = []
    end = 0
    for match in _STEP.finditer(expression):
        if match.start() != end:
            break
        end = match.end()
        index, kind = _INDEX.search(match[2]), _TYPE.search(match[2])
        found.append(Step(match[1], int(index[1]) if index else 0, kind[1] if kind else ""))
    return found[1:] if found and found[0].name[:1].isupper() else found


def located(root: Spot, expression: str) -> Place:
    """The element, or the innermost one around it that is there."""
    spot = root
    for step in steps(expression):
        found = next((spot.inside[name] for name in step.names if name in spot.inside), {})
        if step.number not in found:
            break
        spot = found[step.number]
    return spot.place


def wanted(expressions: Iterable[str]) -> Wanted:
    """What is to be looked for."""
    root: Wanted = {}
    for expression in expressions:
        levels = [root]
        for step in steps(expression):
            levels = [
                at.setdefault(name, {}).setdefault(step.number, {}) for at in levels for name in step.names
            ]
    return root
