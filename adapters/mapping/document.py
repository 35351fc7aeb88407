"""YAML in, with the line of every block, key and item: errors in a map name the place where it is written.

Only the plain words `true`, `false`, `null` and plain integers are other than text: `NO` is a country and
`01` a code.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import yaml

from adapters.mapping.fault import Fault, MapError, Place

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,8}")


MOST_NODES: Final = 200_000


class Block(dict[str, Any]):
    """A YAML mapping that knows its line, and the line of each key."""

    __slots__ = ("place", "places")

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.places: dict[str, Place] = {}

    def at(self, key: str) -> Place:
        """Where a key stands; of one that does not, where the block begins."""
        return self.places.get(key, self.place)


class Items(list[Any]):
    """A YAML sequence that knows the line of each item."""

    __slots__ = ("places",)

    def __init__(self, items: Iterable[Any], places: Iterable[Place]) -> None:
        super().__init__(items)
        self.places = list(places)


def load(text: str, file: str) -> Block:
    """Reads one document, which must be a mapping. Raises MapError."""
    faults: list[Fault] = []
    block = loaded(text, file, faults)
    if faults:
        raise MapError(faults)
    return block


def loaded(text: str, file: str, faults: list[Fault]) -> Block:
    """The same as far as it can be read; adds to `faults`."""
    node: yaml.Node | None = None
    reading = _Reading(file, faults)
    try:
        node = yaml.compose(text, Loader=_LOADER)
        if isinstance(node, yaml.MappingNode):
            return reading.block(node)
        faults.append(Fault(Place(file, 1), "not a mapping"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        faults.append(Fault(Place(file, line), f"not YAML: {error.problem}"))
    except (yaml.YAMLError, RecursionError, _TooMuch):
        faults.append(Fault(Place(file, 1), f"not YAML that can be read: at most {MOST_NODES} values"))
    return Block(Place(file, 1))


class _TooMuch(Exception):
    """Aliases make it too large."""


class _Reading:
    """One document. An alias stands for a copy of what it names, which cannot hold itself."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults
        self.open: set[int] = set()
        self.count = 0

    def value(self, node: yaml.Node) -> Any:
        self.count += 1
        if self.count > MOST_NODES:
            raise _TooMuch
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if id(node) in self.open:
            self.faults.append(Fault(self.place(node), "an alias stands inside what it names"))
            return None
        self.open.add(id(node))
        made = self.items(node) if isinstance(node, yaml.SequenceNode) else self.block(node)
        self.open.discard(id(node))
        return made

    def items(self, node: yaml.SequenceNode) -> Items:
        return Items((self.value(item) for item in node.value), (self.place(item) for item in node.value))

    def block(self, node: yaml.Node) -> Block:
        block = Block(self.place(node))
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                self.faults.append(Fault(self.place(key_node), "a key is a text"))
                continue
            if key in block:
                self.faults.append(Fault(self.place(key_node), f"{key!r} stands twice"))
            block.places[key] = self.place(key_node)
            block[key] = self.value(value_node)
        return block

    def place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1)


def plain(value: Any) -> Any:
    """A value without its places."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    return int(text) if _INTEGER.fullmatch(text) else text
