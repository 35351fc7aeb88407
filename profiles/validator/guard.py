"""Which elements must be there for an invariant to be broken at all.

Most invariants speak of elements that a resource seldom has: by their names they are passed over without
being evaluated. http://hl7.org/fhirpath/N1/#boolean-logic
"""

from collections.abc import Callable, Iterable
from typing import Final

from profiles.fhirpath.syntax import Binary, Call, Chain, Item, Name, Path, Tree, TypeTest, Unary
from profiles.fhirpath.types import Type

Names = frozenset[str] | None
"""JSON names, none of which is there where the statement holds; None if it does not hold for any reason
seen.
"""

_KEEP_NOTHING: Final = frozenset(
    (
        "where", "select", "first", "last", "tail", "skip", "take", "single", "ofType", "as", "matches",
        "startsWith", "endsWith", "contains", "length", "substring", "indexOf", "toInteger", "toString",
        "lower",
        "upper", "resolve", "extension", "distinct", "is", "children", "descendants", "repeat", "htmlChecks",
        "memberOf", "conformsTo", "getValue", "replace", "toDecimal", "toQuantity", "toDateTime", "split",
    )
)  # fmt: skip
_NOTHING_IF_EITHER: Final = frozenset(("=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/"))


def guard(tree: Tree, type_: Type | None) -> Names:
    """If none of these is a property of the element, the expression is not false."""
    return _Reading(type_).not_false(tree) if type_ is not None and not type_.is_primitive else None


class _Reading:
    def __init__(self, type_: Type) -> None:
        self._type = type_

    def empty(self, tree: Tree) -> Names:
        """Without these the result is empty."""
        match tree:
            case Name(name, _):
                return self._names(name)
            case (
                Path(source, Name(), _) | Item(source, _, _) | TypeTest(_, source, _, _) | Unary(_, source, _)
            ):
                return self.empty(source)
            case Path(source, Call(name, _, _), _) if name in _KEEP_NOTHING:
                return self.empty(source)
            case Chain("|", operands, _):
                return _all(self.empty, operands)
            case Binary(operator, left, right, _) if operator in _NOTHING_IF_EITHER:
                return _any(self.empty, (left, right))
        return None

    def not_false(self, tree: Tree) -> Names:
        match tree:
            case Path(source, Call("not", _, _), _):
                return self.not_true(source)
            case Path(source, Call("empty" | "all", _, _), _):
                return self.empty(source)
            case Binary("implies", left, right, _):
                return _first(self.not_true(left), self.not_false(right))
            case Chain("or", operands, _):
                return _any(self.not_false, operands)
            case Chain("and", operands, _):
                return _all(self.not_false, operands)
        return self.empty(tree)

    def not_true(self, tree: Tree) -> Names:
        match tree:
            case Path(source, Call("exists", _, _), _):
                return self.empty(source)
            case Path(source, Call("not", _, _), _):
                return self.not_false(source)
            case Chain("or", operands, _):
                return _all(self.not_true, operands)
            case Chain("and", operands, _):
                return _any(self.not_true, operands)
        return self.empty(tree)

    def _names(self, name: str) -> Names:
        member = self._type.members.get(name)
        if member is None:
            return None
        return frozenset((*member.types, *map("_{}".format, member.types)))


def _first(*found: Names) -> Names:
    return next((names for names in found if names is not None), None)


def _any(read: Callable[[Tree], Names], trees: Iterable[Tree]) -> Names:
    """Any of the trees is enough; the fewest names are the best."""
    found = [names for names in map(read, trees) if names is not None]
    return min(found, key=len) if found else None


def _all(read: Callable[[Tree], Names], trees: Iterable[Tree]) -> Names:
    found = [read(tree) for tree in trees]
    return None if None in found else frozenset().union(*(names or frozenset() for names in found))
