"""Operators. http://hl7.org/fhirpath/N1/#operations"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from profiles.fhirpath import arithmetic, comparison, equality, logic
from profiles.fhirpath.code import Code, exists_of, of_constant, of_truth, of_value, value_of
from profiles.fhirpath.comparison import located
from profiles.fhirpath.error import FhirPathError, failure
from profiles.fhirpath.frame import Frame, limited
from profiles.fhirpath.node import NONE, Items, Node, boxed, type_of
from profiles.fhirpath.syntax import TypeName
from profiles.fhirpath.types import BOOLEAN, EXTENDED, STRING, Type

if TYPE_CHECKING:
    from profiles.fhirpath.compiler import Compiler

_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "div": arithmetic.integer_divide,
    "mod": arithmetic.modulo,
}


def unary(sign: str, operand: Code, position: int) -> Code:
    value = value_of(operand, position)

    def signed(frame: Frame, this: Any) -> Any:
        found = value(frame, this)
        return None if found is None else located(arithmetic.signed, sign, found, position)

    return of_value(signed)


def chain(operator: str, operands: Sequence[Code], position: int) -> Code:
    if operator == "|":
        return union(operands)
    return (
        logic.conjunction(operands, position) if operator == "and" else logic.disjunction(operands, position)
    )


def binary(operator: str, left: Code, right: Code, position: int) -> Code:
    if operator in ("=", "!="):
        same = comparison.equal(left, right, position)
        return same if operator == "=" else logic.negation(same, position)
    if operator in ("~", "!~"):
        alike = comparison.equivalent(left, right)
        return alike if operator == "~" else logic.negation(alike, position)
    if operator in comparison.ORDERS:
        return comparison.ordered(comparison.ORDERS[operator], left, right, position)
    if operator in ("in", "contains"):
        item, items = (left, right) if operator == "in" else (right, left)
        return comparison.member(item, items, position)
    if operator == "xor":
        return logic.exclusive(left, right, position)
    if operator == "implies":
        return logic.implication(left, right, position)
    if operator == "&":
        return _concatenated(left, right, position)
    return _computed(_ARITHMETIC[operator], left, right, position)


def is_type(compiler: "Compiler", source: Code, name: TypeName, position: int) -> Code:
    wanted = compiler.resolve(name)
    run, known = source.run, source.type
    quantity = name.namespace is None and name.name == "Quantity"

    def truth(frame: Frame, this: Any) -> bool | None:
        items = run(frame, this)
        if not items:
            return None
        if len(items) > 1:
            raise failure(f"One item is expected here, not {len(items)}", position)
        type_ = type_of(items[0], known, frame.model)
        if wanted is None or type_ is None:
            return False
        if quantity and type_.is_system:
            return type_.name == "Quantity"
        return type_.namespace == wanted.namespace and wanted.name in type_.ancestors

    return of_truth(truth, BOOLEAN)


def as_type(compiler: "Compiler", source: Code, name: TypeName, position: int) -> Code:
    """More than one item is refused where the type is known; where each tells its own, those of the type
    are what is left. (R4's dom-3 and search parameters use `as` on many.)"""
    filtered = of_type(compiler, source, name)
    if source.single or source.type is None:
        return filtered
    run = source.run

    def checked(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        if len(items) > 1:
            raise failure(f"One item is expected here, not {len(items)}", position)
        return items

    one = Code(checked, source.type, single=True)
    return of_type(compiler, one, name)


def of_type(compiler: "Compiler", source: Code, name: TypeName) -> Code:
    """Items of the type: a primitive of its own type alone, a complex one also of those it is made from."""
    wanted = compiler.resolve(name)
    if wanted is None:
        raise FhirPathError("semantic", f"There is no type {name.namespace}.{name.name}", name.position)
    if source.type is wanted:
        return source
    run, known = source.run, source.type
    loose = name.namespace is None and name.name == "Quantity"
    # Items of the one type are plain again; of a type that others are made from, each says which it is.
    plain = not loose and wanted.name not in EXTENDED
    exact = wanted.is_primitive or wanted.is_system

    def matches(type_: Type | None) -> bool:
        if type_ is None:
            return False
        if loose and type_.is_system:
            return type_.name == "Quantity"
        if type_.namespace != wanted.namespace:
            return False
        return type_.name == wanted.name if exact else wanted.name in type_.ancestors

    def filtered(frame: Frame, this: Any) -> Items:
        items = boxed(run(frame, this), known)
        found = [item for item in items if matches(type_of(item, None, frame.model))]
        return [_unboxed(item) for item in found] if plain else found

    return Code(filtered, wanted if plain else None, single=source.single, is_ordered=source.is_ordered)


def unified(codes: Sequence[Code]) -> tuple[list[Callable[[Frame, Any], Items]], Type | None]:
    """The collections so that they can be put together, and the type of what comes of it."""
    types = {code.type for code in codes if code.constant != NONE}
    if len(types) <= 1:
        return [code.run for code in codes], next(iter(types), None)
    return [_boxing(code) for code in codes], None


def union(operands: Sequence[Code]) -> Code:
    """Each of the items once."""
    runs, type_ = unified(operands)

    def run(frame: Frame, this: Any) -> Items:
        items = [item for one in runs for item in one(frame, this)]
        if len(items) < 2:
            return items
        frame.charge(equality.weight(items))
        return equality.unique(items, type_)

    if all(code.constant is not None for code in operands):
        items = [item for code in operands for item in code.constant or NONE]
        return of_constant(equality.unique(items, type_), type_)
    tests = [exists_of(code) for code in operands]

    def exists(frame: Frame, this: Any) -> bool:
        return any(test(frame, this) for test in tests)

    return Code(run, type_, is_ordered=all(code.is_ordered for code in operands), exists=exists)


def _unboxed(item: Any) -> Any:
    return item.value if type(item) is Node and not item.element else item


def _boxing(code: Code) -> Callable[[Frame, Any], Items]:
    run, type_ = code.run, code.type
    return lambda frame, this: boxed(run(frame, this), type_)


def _concatenated(left: Code, right: Code, position: int) -> Code:
    one, other = value_of(left, position), value_of(right, position)

    def value(frame: Frame, this: Any) -> str:
        parts = [text for text in (one(frame, this), other(frame, this)) if text is not None]
        if any(type(text) is not str for text in parts):
            raise failure("& is for texts", position)
        text = limited("".join(parts))
        frame.charge(len(text) >> 4)
        return text

    return of_value(value, STRING)


def _computed(compute: Callable[[Any, Any], Any], left: Code, right: Code, position: int) -> Code:
    one, other = value_of(left, position), value_of(right, position)

    def value(frame: Frame, this: Any) -> Any:
        first, second = one(frame, this), other(frame, this)
        if first is None or second is None:
            return None
        found = located(compute, first, second, position)
        if type(found) is str:
            frame.charge(len(found) >> 4)
        return found

    return of_value(value)
