"""Where the fields of a type of document stand in the body of its clinical document (WS/T 500-2016).

A table has for each field its section, which of its entries (0: none), the way inside that, and the type,
system or unit of its value; `+` are statements that it has besides. A step `observation{DE…|name}` is the
statement of a data element, `procedure{}` an act, `performer{#2}` the second of its name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from adapters.mapping.document import load

_STEP = re.compile(r"(\w+)(?:\{([^|}#]*)(?:#\d+)?(?:\|([^}]*))?\})?")
BESIDES = "+"
JOINTS = frozenset(("entryRelationship", "component"))


@dataclass(frozen=True, slots=True)
class Step:
    """An element of a way: `key` tells it from others, the rest is the code of a statement."""

    key: str
    name: str
    element: str
    said: str
    is_act: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one field."""

    section: str
    entry: int
    steps: tuple[Step, ...]
    attribute: str
    type: str
    rest: str

    @property
    def place(self) -> tuple[str, int]:
        return self.section, self.entry


@dataclass(frozen=True, slots=True)
class Layout:
    """The table of a type of document; empty where none is declared."""

    slots: Mapping[str, Slot]
    statements: frozenset[str]


@cache
def layout(document: str) -> Layout:
    file = files("adapters.local.layouts").joinpath(f"{document}.yaml")
    if not document or not file.is_file():
        return Layout({}, frozenset())
    table = load(file.read_text("utf-8"), file.name)
    slots = {name: _slot(told) for name, told in table.items() if name != BESIDES}
    said = {step.element for slot in slots.values() for step in slot.steps}
    return Layout(slots, frozenset((*said, *table.get(BESIDES, ()))))


def _slot(told: list[str]) -> Slot:
    section, entry, way, *rest = told
    path, _, attribute = way.rpartition("@")
    kind, more = (*rest, "", "")[:2]
    steps = tuple(_step(each) for each in path.split("/"))
    return Slot(section, int(entry), steps, "" if attribute == "text" else attribute, kind, more)


def _step(text: str) -> Step:
    found = _STEP.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no step of a layout")
    name, element, said = found.groups()
    is_act = element is not None and name not in ("performer", "participant", "author", "informant")
    return Step(text, name, element or "", said or "", is_act)
