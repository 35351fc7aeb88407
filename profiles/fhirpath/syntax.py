"""The syntax tree of an expression. Each node knows where it begins in the text.

http://hl7.org/fhirpath/N1/grammar.html
"""

from typing import Any, NamedTuple
from typing import Literal as OneOf


class Literal(NamedTuple):
    """`value` is a System value: bool, str, int, Decimal, Temporal or Quantity."""

    value: Any
    position: int


class Empty(NamedTuple):
    """`{}`"""

    position: int


class Name(NamedTuple):
    """An element, or at the beginning of a path a type."""

    name: str
    position: int


class Special(NamedTuple):
    name: OneOf["$this", "$index", "$total"]
    position: int


class Constant(NamedTuple):
    """`%name`"""

    name: str
    position: int


class Call(NamedTuple):
    name: str
    arguments: tuple["Tree", ...]
    position: int


class Path(NamedTuple):
    """`source.step`"""

    source: "Tree"
    step: Name | Call
    position: int


class Item(NamedTuple):
    """`source[index]`"""

    source: "Tree"
    at: "Tree"
    position: int


class Unary(NamedTuple):
    sign: OneOf["+", "-"]
    operand: "Tree"
    position: int


class Binary(NamedTuple):
    operator: str
    left: "Tree"
    right: "Tree"
    position: int


class Chain(NamedTuple):
    """Operands of one associative operator: `and`, `or` or `|`."""

    operator: str
    operands: tuple["Tree", ...]
    position: int


class TypeName(NamedTuple):
    namespace: str | None
    name: str
    position: int


class TypeTest(NamedTuple):
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
