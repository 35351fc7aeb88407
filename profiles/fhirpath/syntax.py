"""The syntax tree of an expression. Each node knows where it begins in the text.

http://hl7.org/fhirpath/N1/grammar.html
"""

from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True)
class Literal:
    """`value` is a System value: bool, str, int, Decimal, Temporal or Quantity."""

    value: Any
    position: int


@dataclass(frozen=True, slots=True)
class Empty:
    """`{}`"""

    position: int


@dataclass(frozen=True, slots=True)
class Name:
    """An element, or at the beginning of a path a type."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Special:
    name: OneOf["$this", "$index", "$total"]
    position: int


@dataclass(frozen=True, slots=True)
class Constant:
    """`%name`"""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Tree", ...]
    position: int


@dataclass(frozen=True, slots=True)
class Path:
    """`source.step`"""

    source: "Tree"
    step: Name | Call
    position: int


@dataclass(frozen=True, slots=True)
class Item:
    """`source[index]`"""

    source: "Tree"
    index: "Tree"
    position: int


@dataclass(frozen=True, slots=True)
class Unary:
    sign: OneOf["+", "-"]
    operand: "Tree"
    position: int


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Tree"
    right: "Tree"
    position: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands of one associative operator: `and`, `or` or `|`."""

    operator: str
    operands: tuple["Tree", ...]
    position: int


@dataclass(frozen=True, slots=True)
class TypeName:
    namespace: str | None
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class TypeTest:
    operator: OneOf["is", "as"]
    operand: "Tree"
    type: TypeName
    position: int


Tree = Literal | Empty | Name | Special | Constant | Call | Path | Item | Unary | Binary | Chain | TypeTest


def parts(tree: Tree) -> tuple[Tree, ...]:
    """The trees directly below."""
    match tree:
        case Call(_, arguments, _):
            return arguments
        case Path(source, step, _):
            return (source, step)
        case Item(source, index, _):
            return (source, index)
        case Unary(_, operand, _) | TypeTest(_, operand, _, _):
            return (operand,)
        case Binary(_, left, right, _):
            return (left, right)
        case Chain(_, operands, _):
            return operands
    return ()


def everything(tree: Tree) -> list[Tree]:
    """The tree and all that is below it."""
    found = [tree]
    for one in found:
        found.extend(parts(one))
    return found
