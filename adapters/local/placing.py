"""Puts fields where the layout of their type of document has them.

Repetitions share what other fields of the document stand in too, and have the rest for themselves.
"""

import re
from collections.abc import Iterable, Mapping

from adapters.local.building import CATALOGUE, CONSTANT, added, put
from adapters.local.layout import JOINTS, Layout, Slot, Step
from adapters.local.signers import STAFF
from adapters.local.values import twin
from adapters.trees.element import Element, is_valued

LOINC = "2.16.840.1.113883.6.1"
_MOODED = frozenset(("procedure", "substanceAdministration"))
_DATASETS = "2.16.156.10011.2.2.4"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NUMERIC = frozenset(("PQ", "INT", "REAL", "MO"))
_FLAGS = frozenset(("true", "false", "1", "0", "T", "F", "Y", "N"))
_FREE = (CONSTANT, "")
Place = tuple[str, int]
# Of a place: from which step on a repetition stands alone, and which one it is; the outermost first.
Repetition = Mapping[Place, tuple[tuple[int, int], ...]]


class Placing:
    """The body of one document as it fills."""

    def __init__(self, body: Element, layout: Layout, source: Element) -> None:
        self._body = body
        self._slots = layout.slots
        self._statements = layout.statements
        self._source = source
        self._nodes: dict[tuple[object, ...], Element] = {}

    def slot(self, field: Element) -> Slot | None:
        """The place of a field, by its own name or with its group's."""
        name, around = field.name, field.parent
        if around is not None and around.name == "row":
            around = around.parent
        own = self._slots.get(f"{around.name}.{name}") if around is not None else None
        return own or self._slots.get(name) or self._slots.get(name.removesuffix("Item"))

    def says(self, element: str) -> bool:
        """Whether the layout has a statement of this data element; True where there is no layout."""
        return not self._slots or element in self._statements

    def within(self, field: Element, element: str) -> bool:
        """Whether the layout has a field inside the statement of a data element."""
        slot = self.slot(field)
        return slot is not None and any(step.element == element for step in slot.steps)

    def section(self, code: str) -> Element:
        """The section of a LOINC code, or of a name."""
        made = self._nodes.get((code,))
        if made is None:
            made = self._nodes[code,] = added(added(self._body, "component"), "section")
            if code[:1].isdigit() or code.startswith("DE"):
                added(made, "code", code=code, codeSystem=LOINC if code[:1].isdigit() else CATALOGUE)
            elif code:
                added(made, "code", displayName=code)
        return made

    def place(self, field: Element, slot: Slot, repetition: Repetition, unit: str) -> bool:
        """Puts the field there, with the name beside it where it is a code; `unit` where none is said. Not
        where another one of its name stands already."""
        rows = repetition.get(slot.place, ())
        key: tuple[object, ...] = (*slot.place, *(row for depth, row in rows if not depth))
        section = self.section(slot.section)
        node = self._node(section, key, "entry") if slot.entry else section
        for at, step in enumerate(slot.steps):
            key = (*key, step.key, *(row for depth, row in rows if depth == at and depth))
            if step.name in JOINTS:
                key = (*key, slot.steps[at + 1].key)
            node = self._node(node, key, step.name, step)
        named = twin(field, field.parent) if field.parent is not None else None
        if node.leaves.get(slot.attribute, _FREE)[0] != CONSTANT:
            return False
        _fill(node, slot, field, named, unit)
        return True

    def _node(self, parent: Element, key: tuple[object, ...], name: str, step: Step | None = None) -> Element:
        made = self._nodes.get(key)
        if made is None:
            made = self._nodes[key] = added(parent, name)
            if step is not None and step.is_act and (step.element or step.said):
                _say(made, step)
            elif step is not None and step.said:
                role = self._nodes[*key, _role(step)] = added(made, _role(step))
                _say(role, step)
        return made

    def repetitions(self, rows: list[Element], around: Repetition) -> list[Repetition]:
        """For each row of a group where it stands alone; the first stands with what does not repeat."""
        within = {id(each) for row in rows for each in row.walk()}
        others = (e for e in self._source.walk() if id(e) not in within and not e.children and is_valued(e))
        shared = {slot.place for each in others if (slot := self.slot(each)) is not None}
        places: dict[Place, list[Slot]] = {}
        for field in (each for row in rows for each in row.walk()):
            if (slot := self.slot(field)) is not None:
                places.setdefault(slot.place, []).append(slot)
        depths = {place: _depth(of) if place in shared else 0 for place, of in places.items()}
        return [
            {place: (*around.get(place, ()), (depth, number)) for place, depth in depths.items()}
            if number
            else {}
            for number in range(len(rows))
        ]


def _depth(slots: Iterable[Slot]) -> int:
    """The joint before the last act that all the places have in common; 0 where there is none."""
    first, *rest = (slot.steps for slot in slots)
    common = 0
    for at, step in enumerate(first):
        if any(len(each) <= at or each[at].key != step.key for each in rest):
            break
        common = at + 1
    return max((at - 1 for at, step in enumerate(first[:common]) if step.is_act and at), default=0)


def _say(made: Element, step: Step) -> None:
    """The code of a statement, what a person acts as, or the mood of an act."""
    if made.name in _MOODED and not step.said:
        made.leaves["moodCode"] = (CONSTANT, step.element)
        return
    code = added(made, "code")
    if step.said:
        code.leaves["displayName"] = (CONSTANT, step.said)
    if step.element:
        system = CATALOGUE if step.element.startswith("DE") else _DATASETS
        code.leaves |= {"code": (CONSTANT, step.element), "codeSystem": (CONSTANT, system)}


def _role(step: Step) -> str:
    return {"participant": "participantRole", "author": "assignedAuthor"}.get(step.name, "assignedEntity")


def _fits(kind: str, said: str) -> bool:
    """Whether a value can be of its declared type."""
    if kind == "BL":
        return said in _FLAGS
    return kind not in _NUMERIC or _NUMBER.fullmatch(said) is not None


def _fill(node: Element, slot: Slot, field: Element, named: Element | None, unit: str) -> None:
    leaf = field.leaves[""]
    if slot.attribute == "extension":
        put(node, "extension", leaf, slot.rest or STAFF)
    elif slot.attribute == "unit":
        put(node, "unit", leaf)
    elif slot.attribute == "code" or (named is not None and node.name == "value"):
        put(node, "code", leaf, slot.rest if slot.type == "CD" or slot.attribute == "code" else "")
        if named is not None:
            put(node, "displayName", named.leaves[""])
        if node.name == "value":
            node.leaves["xsi:type"] = (CONSTANT, "CD")
    elif slot.attribute == "value" and _fits(slot.type, leaf[1]):
        put(node, "value", leaf)
        if slot.type:
            node.leaves["xsi:type"] = (CONSTANT, slot.type)
        if rest := slot.rest or ({"MO": "元", "PQ": unit}.get(slot.type, "")):
            node.leaves.setdefault("currency" if slot.type == "MO" else "unit", (CONSTANT, rest))
    else:
        put(node, "", leaf)
        if node.name == "value":
            node.leaves["xsi:type"] = (CONSTANT, "ST")
