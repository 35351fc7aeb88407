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

from adapters.hl7v2.parse import NULL
from adapters.hl7v2.reading import Node, Value, leaves_of
from adapters.mapping.draft import Scope
from adapters.mapping.model import Text
from adapters.mapping.rows import LocalSegment

_WORDS = frozenset(("event", "type"))
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:-([1-9][0-9]*)(?:\.([1-9][0-9]*)(?:\.([1-9][0-9]*))?)?)?")


@cache
def _tables() -> tuple[dict[str, dict[str, list[str]]], dict[str, list[list[str]]]]:
    text = files("adapters.hl7v2.tables").joinpath("fields.json").read_text("ascii")
    tables: dict[str, Any] = json.loads(text)
    return tables["segments"], tables["types"]


def field_types(segment: str, field: int) -> list[str]:
    """The data types that a field of the standard has had, the newest first; none if it has no such field."""
    return _tables()[0].get(segment, {}).get(str(field), [])


def segment_names() -> frozenset[str]:
    """Every segment of the standard."""
    return frozenset(_tables()[0])


class V2Sources:
    """The paths of the standard, and of local segments, whose fields may be called by name: `ZPI-bed`."""

    def __init__(self, local: Mapping[str, LocalSegment] | None = None) -> None:
        self._local = local or {}

    def source(self, path: str, segment: str) -> "FieldSource":
        name, field, component, subcomponent = self._checked(path)
        return FieldSource(name, name == segment, field, component, subcomponent)

    def repeats(self, path: str, segment: str) -> Callable[[Any, Scope], bool]:
        """Whether a field has more than one repetition."""
        source = self.source(path, segment)

        def several(node: Node, scope: Scope) -> bool:
            raw = source.look(node, scope)
            if not raw:
                return False
            owner = source.owner(node, scope)
            return owner.delimiters.repetition in raw and len(source.values(owner)) > 1

        return several

    def told(self, path: str, segment: str) -> Callable[[bytes], bool]:
        """A word is the same all over a message; a field of the segment that is empty says nothing."""
        if path in _WORDS or path.startswith("below."):
            return lambda shape: path in _WORDS
        name, field, _, _ = self._checked(path)
        return lambda shape: name == segment and not (field < len(shape) and shape[field])

    def index(self, path: str, segment: str) -> tuple[str, int]:
        if path in _WORDS or path.startswith("below."):
            return "", 0
        name, field, component, _ = self._checked(path)
        return "" if name == segment else name, 0 if component else field

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
        if name != segment:
            return lambda node, scope: read(scope.node(name))
        if component:
            return lambda node, scope: read(node)

        def own(node: Node, scope: Scope) -> str:
            fields = node.fields
            raw = fields[field] if field < len(fields) else ""
            if not raw or raw.isalnum():
                return raw
            return raw.strip() if node.delimiters.has_none(raw) else read(node)

        return own

    def _checked(self, path: str) -> tuple[str, int, int, int]:
        found = _PATH.fullmatch(self._numbered(path))
        if not found:
            raise ValueError(f"{path!r} is not a path such as PV1-3.4.2")
        name = found[1]
        field, component, subcomponent = (int(number or 0) for number in found.groups()[1:])
        if name in self._local:
            if field > self._local[name].count:
                raise ValueError(f"{path}: {name} is declared with {self._local[name].count} fields")
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

    def _numbered(self, path: str) -> str:
        """A path in which a field of a local segment is called by its name."""
        name, _, rest = path.partition("-")
        field, dot, parts = rest.partition(".")
        if name not in self._local or field not in self._local[name].names:
            return path
        return f"{name}-{self._local[name].names[field]}{dot}{parts}"


class FieldSource:
    """A field, component or sub-component, of the node at hand or of the nearest segment of a name."""

    __slots__ = ("component", "field", "home", "index", "look", "own", "part", "subcomponent")

    null = NULL

    def __init__(self, name: str, own: bool, field: int, component: int, subcomponent: int) -> None:
        self.home = name
        self.own = own
        self.field = self.index = field
        self.component = component
        self.subcomponent = subcomponent
        self.part: tuple[int, ...] = (component, subcomponent)
        self.look: Callable[[Node, Scope], str] = _own_look(field) if own else self._look_elsewhere

    def finds(self, shape: bytes) -> bool:
        return self.field < len(shape) and bool(shape[self.field])

    def owner(self, node: Node, scope: Scope) -> Node:
        """The segment that `look` found something in."""
        return node if self.own else scope.node(self.home)  # type: ignore[return-value]

    def values(self, owner: Node) -> list[Value]:
        values = owner.values(self.field)
        if not self.component:
            return values
        found = [value.sub(self.component) for value in values if value.has(self.component)]
        if not self.subcomponent:
            return found
        return [_Leaf(value, self.subcomponent) for value in found if value.has(self.subcomponent)]

    def keep(self, owner: Node, number: int, leaves: frozenset[int]) -> None:
        owner.keep(self.field, number, leaves)

    def whole(self, owner: Node, leaves: frozenset[int]) -> int:
        return leaves_of(owner.fields[self.field], owner.delimiters, leaves)

    def ignore(self, node: Node, scope: Scope) -> None:
        """What no row maps of the field is left out on purpose."""
        if self.look(node, scope):
            self.owner(node, scope).leave_out(self.field)

    def _look_elsewhere(self, node: Node, scope: Scope) -> str:
        other: Node | None = scope.node(self.home)
        if other is None or self.field >= len(other.fields):
            return ""
        return other.fields[self.field]


def _own_look(field: int) -> Callable[[Node, Scope], str]:
    def look(node: Node, scope: Scope) -> str:
        fields = node.fields
        return fields[field] if field < len(fields) else ""

    return look


class _Leaf(Value):
    """One sub-component as a value: its only part is itself."""

    __slots__ = ("_inner", "_place")

    def __init__(self, inner: Value, place: int) -> None:
        super().__init__(inner.raw, inner._delimiters, inner.number, inner._component, inner.read)
        self._inner = inner
        self._place = place

    def text(self, part: int) -> str:
        return self._inner.text(self._place) if part == 1 else ""

    def whole(self) -> str:
        return self._inner.text(self._place)


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
