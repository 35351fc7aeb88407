"""Functions of one value and single arguments: most of those for texts, numbers and dates."""

from collections.abc import Callable, Sequence
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
from profiles.fhirpath.types import STRING, Type

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
        arguments = [call.argument(at) for at in range(call.count)]
        if not arguments and not self.input:
            return of_value(_of_anything(self.apply, value, call), self.type)
        if self.input is TEXT and self.type is not None and self.type is not STRING:
            constants = [one.constant[0] for one in arguments if one.constant and one.single]
            if len(constants) == call.count and self._takes(constants):
                return of_value(_of_text(self.apply, value, constants, call), self.type)
        values = [value, *map(value_of, arguments, (one.position for one in call.call.arguments))]
        kinds = (self.input, *self.parameters[: call.count])
        return of_value(_computing(self.apply, values, kinds, call), self.type)

    def _takes(self, constants: Sequence[Any]) -> bool:
        return all(type(one) in kinds for one, kinds in zip(constants, self.parameters, strict=False))

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


def _of_anything(apply: Callable[[Any], Any], value: Value, call: Invocation) -> Value:
    position = call.position

    def compute(frame: Frame, this: Any) -> Any:
        found = value(frame, this)
        if found is None:
            return None
        try:
            result = apply(found)
        except FhirPathError as error:
            raise error.at(position) from None
        if type(found) is str and len(found) > 64:
            frame.charge(len(found) >> 3)
        return result

    return compute


def _of_text(apply: Callable[..., Any], value: Value, constants: Sequence[Any], call: Invocation) -> Value:
    """Of a text, and of arguments that are always the same; the result is no text."""
    name, position = call.call.name, call.position

    def compute(frame: Frame, this: Any) -> Any:
        text = value(frame, this)
        if text is None:
            return None
        if type(text) is not str:
            raise failure(f"{name}() is not for a {named(text)}", position)
        if len(text) > 64:
            frame.charge(len(text) >> 4)
        try:
            return apply(text, *constants)
        except FhirPathError as error:
            raise error.at(position) from None

    return compute


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
