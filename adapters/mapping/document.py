"""YAML in, with the line of every block: errors in a map name the place where it is written.

Only the plain words `true`, `false`, `null` and plain integers are other than text: `NO` is a country and
`01` a code.
"""

import re
from typing import Any

import yaml

from adapters.mapping.fault import Fault, MapError, Place

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,8}")


class Block(dict[str, Any]):
    """A YAML mapping that knows its line."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


def load(text: str, file: str) -> Block:
    """Reads one document, which must be a mapping."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MapError([Fault(Place(file, line), f"not YAML: {error.problem}")]) from error
    if not isinstance(node, yaml.MappingNode):
        raise MapError([Fault(Place(file, 1), "not a mapping")])
    block: Block = _value(node, file)
    return block


def _value(node: yaml.Node, file: str) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, file) for item in node.value]
    block = Block(_place(node, file))
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in block:
            raise MapError([Fault(_place(key_node, file), f"{key!r} stands twice")])
        block[key] = _value(value_node, file)
    return block


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    return int(text) if _INTEGER.fullmatch(text) else text


def _place(node: yaml.Node, file: str) -> Place:
    return Place(file, node.start_mark.line + 1)
