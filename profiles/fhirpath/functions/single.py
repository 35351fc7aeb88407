"""Functions of one value and single arguments: most of those for texts, numbers and dates."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from profiles.fhirpath.code import Code, Value, of_value, value_of
from profiles.fhirpath.equality import named
from profiles.fhirpath.error import FhirPathError, failure
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import NONE, Items
from profiles.fhirpath.quantity import Quantity
from profiles.fhirpath.temporal import Temporal
from profiles.fhirpath.types import Type

Kinds = frozenset[type]

TEXT: Final[Kinds] = frozenset((str,))
WHOLE: Final[Kinds] = frozenset((int,))
NUMBER: Final[Kinds] = frozenset((int, Decimal))
MEASURED: Final[Kinds] = NUMBER | {Quantity}
TIMES: Final[Kinds] = frozenset((Temporal,))
BOUNDED: Final[Kinds] = MEASURED | TIMES
ANYTHING: Final[Kinds] = frozenset()


@dataclass(frozen=True, slots=True)
class Single:
    """`apply` gets the value and the arguments that were given; None is an empty result, and a list many."""

    apply: Callable[..., Any]
    input: Kinds
    parameters: tuple[Kinds, ...] = ()
    optional: int = 0
    type: Type | None = None

    def function(self) -> Function:
        return Function(self._compile, len(self.parameters) - self.optional, len(self.parameters))

    def _compile(self, call: Invocation) -> Code:
        value = value_of(call.source, call.position)
        arguments = [call.argument_value(at) for at in range(call.count)]
        kinds = (self.input, *self.parameters[: call.count])
        compute = _computing(self.apply, [value, *arguments], kinds, call)
        return of_value(compute, self.type)

    def many(self) -> Function:
        """Of an `apply` that returns a list."""

        def compile_(call: Invocation) -> Code:
            compute = self._compile(call).value
            assert compute is not None

            def run(frame: Frame, this: Any) -> Items:
                found: Items | None = compute(frame, this)
                frame.charge(len(found) if found else 1)
                return NONE if found is None else found

            return Code(run, self.type)

        return Function(compile_, len(self.parameters) - self.optional, len(self.parameters))


def _computing(
    apply: Callable[..., Any], values: list[Value], kinds: tuple[Kinds, ...], call: Invocation
) -> Value:
    """Empty where any value is, an error where one is of another type."""
    checks = list(zip(values, kinds, strict=True))

    def compute(frame: Frame, this: Any) -> Any:
        found = []
        for value, allowed in checks:
            one = value(frame, this)
            if one is None:
                return None
            if allowed and type(one) not in allowed:
                raise failure(f"{call.call.name}() is not for a {named(one)}", call.position)
            found.append(one)
        try:
            result = apply(*found)
        except FhirPathError as error:
            raise error.at(call.position) from None
        for text in (found[0], result):
            if type(text) is str and len(text) > 64:
                frame.charge(len(text) >> 4)
        return result

    return compute
