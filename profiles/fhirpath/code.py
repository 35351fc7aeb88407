"""What an expression is compiled to: closures, and what is known of their results beforehand.

Each way to evaluate an expression that its use asks for (the collection, one value, true or false, whether
there is any, how many) is derived from another one, unless the expression has a quicker one of its own.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from profiles.fhirpath.error import failure
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.node import NONE, Items, Node, system
from profiles.fhirpath.types import Type

Run = Callable[[Frame, Any], Items]
Value = Callable[[Frame, Any], Any]
Truth = Callable[[Frame, Any], bool | None]
Size = Callable[[Frame, Any], int]

TRUE: Final[Items] = [True]
FALSE: Final[Items] = [False]


class Code(NamedTuple):
    """Closures take the frame and `$this`; what they return is never changed by those who get it.

    run         the collection
    type        of its plain items; None: System values and resources
    single      it never has more than one item
    is_ordered  False after children() and descendants()
    path        of the element's definition, right after a step to it
    constant    the collection, if it is always the same
    value       the System value of the only item, or None; raises FhirPathError if there are more
    truth       the only item as a Boolean, or None; likewise
    exists      whether there is any item
    size        how many items there are
    item        of one complex element: its object, or None
    """

    run: Run
    type: Type | None = None
    single: bool = False
    is_ordered: bool = True
    path: str = ""
    constant: Items | None = None
    value: Value | None = None
    truth: Truth | None = None
    exists: Truth | None = None
    size: Size | None = None
    item: Value | None = None


def of_value(value: Value, type_: Type | None = None) -> Code:
    """Of a closure that gives one System value or None."""

    def run(frame: Frame, this: Any) -> Items:
        found = value(frame, this)
        return NONE if found is None else [found]

    return Code(run, type_, single=True, value=value)


def of_truth(truth: Truth, type_: Type | None = None) -> Code:
    """Of a closure that gives True, False or None."""

    def run(frame: Frame, this: Any) -> Items:
        found = truth(frame, this)
        return TRUE if found else NONE if found is None else FALSE

    return Code(run, type_, single=True, value=truth, truth=truth)


def of_constant(items: Items, type_: Type | None = None) -> Code:
    if len(items) > 1:
        return Code(lambda frame, this: items, type_, constant=items)
    found = items[0] if items else None
    return Code(
        lambda frame, this: items, type_, single=True, constant=items, value=lambda frame, this: found
    )


def value_of(code: Code, position: int) -> Value:
    """The System value of the only item. http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections"""
    if code.value is not None:
        return code.value
    run, type_ = code.run, code.type
    convert = type_.convert if type_ is not None else None
    dynamic = type_ is None
    primitive = type_ is not None and type_.is_primitive

    def value(frame: Frame, this: Any) -> Any:
        items = run(frame, this)
        if not items:
            return None
        if len(items) > 1:
            raise failure(f"One item is expected here, not {len(items)}", position)
        item = items[0]
        if dynamic:
            return system(item)
        if primitive and type(item) is Node:
            item = item.value
        return item if convert is None or item is None else convert(item)

    return value


def truth_of(code: Code, position: int) -> Truth:
    """The only item as a Boolean: what is none counts as true."""
    if code.truth is not None:
        return code.truth
    value = value_of(code, position)
    if code.value is None:
        run = code.run

        def of_items(frame: Frame, this: Any) -> bool | None:
            items = run(frame, this)
            if not items:
                return None
            found = value(frame, this) if len(items) > 1 else items[0]
            if type(found) is Node:
                found = system(found)
            return found if found is None or found is False else True

        return of_items

    def truth(frame: Frame, this: Any) -> bool | None:
        found = value(frame, this)
        return found if found is None or found is False else True

    return truth


def exists_of(code: Code) -> Truth:
    if code.exists is not None:
        return code.exists
    run = code.run
    return lambda frame, this: len(run(frame, this)) > 0


def size_of(code: Code) -> Size:
    if code.size is not None:
        return code.size
    run = code.run
    return lambda frame, this: len(run(frame, this))
