"""Source paths of HL7 v2 maps: `PV1-3`, `PV1-3.4`, `PV1-3.4.2`, checked against the standard's tables.

A path is seen from a segment: the same segment's name means that one, another name the first of that name
in its group or in the nearest group around it. In conditions `event` and `type` are MSH-9.2 and MSH-9.1,
and `below.SPM` is the first SPM anywhere in the group.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from adapters.hl7v2.reading import Node, Value
from adapters.mapping.draft import Scope
from adapters.mapping.model import Text, Values

Read = Callable[[Any], list[Value]]
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:-([1-9][0-9]*)(?:\.([1-9][0-9]*)(?:\.([1-9][0-9]*))?)?)?")


@cache
def _tables() -> tuple[dict[str, dict[str, list[str]]], dict[str, list[list[str]]]]:
    text = files("adapters.hl7v2.tables").joinpath("fields.json").read_text("ascii")
    tables: dict[str, Any] = json.loads(text)
    return tables["segments"], tables["types"]


class V2Sources:
    """The paths of the standard, and of local segments (name → number of fields)."""

    def __init__(self, local: Mapping[str, int] | None = None) -> None:
        self._local = local or {}

    def values(self, path: str, segment: str) -> Values:
        name, field, component, subcomponent = self._checked(path)
        find = _finder(name, segment)
        if not component:
            return find(lambda node: node.values(field))
        if not subcomponent:
            return find(lambda node: [v.sub(component) for v in node.values(field) if v.has(component)])
        return find(
            lambda node: [
                _Leaf(v.sub(component), subcomponent)
                for v in node.values(field)
                if v.sub(component).has(subcomponent)
            ]
        )

    def text(self, path: str, segment: str) -> Text:
        if path == "event":
            return lambda node, scope: str(node.event)
        if path == "type":
            return lambda node, scope: str(node.kind)
        below = path.startswith("below.")
        name, field, component, subcomponent = self._checked(path.removeprefix("below."))

        def read(node: Node | None) -> str:
            if node is not None and not field:
                return name
            for value in node.values(field) if node else ():
                if subcomponent:
                    return value.sub(component).peek(subcomponent)
                if component:
                    return value.sub(component).peek(1)
                return value.sub(1).peek(1) or value.peek(1) or value.whole()
            return ""

        if below:
            return lambda node, scope: read(scope.below(name))
        if name == segment:
            return lambda node, scope: read(node)
        return lambda node, scope: read(scope.node(name))

    def _checked(self, path: str) -> tuple[str, int, int, int]:
        found = _PATH.fullmatch(path)
        if not found:
            raise ValueError(f"{path!r} is not a path such as PV1-3.4.2")
        name = found[1]
        field, component, subcomponent = (int(number or 0) for number in found.groups()[1:])
        if name in self._local:
            if field > self._local[name]:
                raise ValueError(f"{path}: {name} is declared with {self._local[name]} fields")
            return name, field, component, subcomponent
        segments, types = _tables()
        if name not in segments:
            raise ValueError(f"{path}: no version has a segment {name}, and no layer declares it")
        if field and str(field) not in segments[name]:
            raise ValueError(f"{path}: no version's {name} has field {field}")
        kinds = segments[name].get(str(field), [])
        for number in filter(None, (component, subcomponent)):
            kinds = _parts(types, kinds, number)
            if not kinds:
                raise ValueError(f"{path}: no data type of {name}-{field} has that component")
        return name, field, component, subcomponent


class _Leaf(Value):
    """One sub-component as a value: its only part is itself."""

    __slots__ = ("_inner", "_number")

    def __init__(self, inner: Value, number: int) -> None:
        super().__init__(
            inner._part(number), inner._delimiters, inner._ledger, inner._key, inner._component, inner.read
        )
        self._inner = inner
        self._number = number

    def text(self, part: int) -> str:
        return self._inner.text(self._number) if part == 1 else ""

    def whole(self) -> str:
        return self._inner.text(self._number)


def _parts(types: Mapping[str, list[list[str]]], kinds: list[str], number: int) -> list[str]:
    """The data types that the nth part of these data types can have."""
    parts: list[str] = []
    for kind in kinds:
        if kind in ("varies", "CM"):
            return ["varies"]
        components = types.get(kind)
        if components is None:
            parts += [kind] if number == 1 else []
        elif number <= len(components):
            parts += components[number - 1]
    return parts


def _finder(name: str, segment: str) -> Callable[[Read], Values]:
    def find(read: Read) -> Values:
        if name == segment:
            return lambda node, scope: read(node)

        def elsewhere(node: Any, scope: Scope) -> list[Value]:
            other = scope.node(name)
            return read(other) if other is not None else []

        return elsewhere

    return find
