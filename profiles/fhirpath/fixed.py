"""Parts of an expression that have the same result for each item: they are evaluated once.

http://hl7.org/fhirpath/N1/#environment-variables
"""

from collections.abc import Callable
from typing import Any, Final

from profiles.fhirpath.code import Code, truth_of, value_of
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.syntax import Binary, Call, Chain, Constant, Item, Literal, Name, Path, Tree

# Functions of what is before the point and of nothing else.
_PURE: Final = frozenset(
    (
        "first", "last", "tail", "single", "exists", "empty", "count", "not", "distinct", "isDistinct",
        "startsWith", "endsWith", "contains", "matches", "length", "toString", "hasValue", "lower", "upper",
        "replace", "replaceMatches", "substring",
    )
)  # fmt: skip


def is_fixed(tree: Tree) -> bool:
    """Whether it begins with %resource, %rootResource or %context, and asks for nothing else."""
    match tree:
        case Constant(name, _):
            return name in ("resource", "rootResource", "context")
        case Path(source, Name(), _):
            return is_fixed(source)
        case Path(source, Call(name, arguments, _), _):
            return name in _PURE and is_fixed(source) and all(isinstance(one, Literal) for one in arguments)
        case Item(source, Literal(), _):
            return is_fixed(source)
        case Binary(_, left, right, _):
            return _are_fixed((left, right))
        case Chain(_, operands, _):
            return _are_fixed(operands)
    return False


def _are_fixed(operands: tuple[Tree, ...]) -> bool:
    return all(isinstance(one, Literal) or is_fixed(one) for one in operands) and any(map(is_fixed, operands))


def remembered(code: Code, position: int) -> Code:
    """Evaluated once in an evaluation of the whole."""
    return Code(
        _remembered(code.run),
        code.type,
        single=code.single,
        is_ordered=code.is_ordered,
        path=code.path,
        value=_remembered(value_of(code, position)) if code.value is not None else None,
        truth=_remembered(truth_of(code, position)),
        item=_remembered(code.item) if code.item is not None else None,
    )


def _remembered(inner: Callable[[Frame, Any], Any]) -> Callable[[Frame, Any], Any]:
    key = object()

    def once(frame: Frame, this: Any) -> Any:
        memory = frame.memory
        if key not in memory:
            memory[key] = inner(frame, this)
        return memory[key]

    return once
