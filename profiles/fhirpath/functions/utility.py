"""Traces, variables and the time. http://hl7.org/fhirpath/N1/#utility-functions"""

from collections.abc import Mapping
from typing import Any, Final

from profiles.fhirpath import temporal
from profiles.fhirpath.code import Code, of_value
from profiles.fhirpath.error import failure
from profiles.fhirpath.frame import Frame
from profiles.fhirpath.invocation import Function, Invocation
from profiles.fhirpath.node import Items, boxed, systems
from profiles.fhirpath.temporal import Temporal
from profiles.fhirpath.types import DATE, DATE_TIME, TIME


def trace(call: Invocation) -> Code:
    """The source itself, after the service has seen its values, or those of the projection."""
    source, name = call.source, call.argument_value(0)
    run = source.run
    shown = call.body(1, source.type) if call.count > 1 else None

    def traced(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        listen = frame.services.trace
        if listen is not None:
            if shown is None:
                seen = systems(items, source.type)
            else:
                seen = [value for item in items for value in systems(shown.run(frame, item), shown.type)]
            listen(str(name(frame, this)), seen)
        return items

    return Code(traced, source.type, single=source.single, is_ordered=source.is_ordered, value=None)


def define_variable(call: Invocation) -> Code:
    """Known to what is evaluated after it, until the expression ends that is evaluated for the item."""
    source, name = call.source, call.argument_value(0)
    value = call.body(1, source.type) if call.count > 1 else None

    def defined(frame: Frame, this: Any) -> Items:
        items = run(frame, this)
        found = name(frame, this)
        if type(found) is not str:
            raise failure("The name of a variable is a text", call.position)
        if found in frame.known or found in frame.variables or found in _RESERVED:
            raise failure(f"%{found} is already defined", call.position)
        if value is None:
            values = boxed(items, source.type)
        else:
            values = [one for item in items for one in boxed(value.run(frame, item), value.type)]
        frame.known = {**frame.known, found: values}
        return items

    run = source.run
    return Code(defined, source.type, single=source.single, is_ordered=source.is_ordered)


_RESERVED: Final = frozenset(("context", "resource", "rootResource", "sct", "loinc", "ucum"))


def now(call: Invocation) -> Code:
    return of_value(lambda frame, this: temporal.from_datetime(frame.now()), DATE_TIME)


def today(call: Invocation) -> Code:
    def value(frame: Frame, this: Any) -> Temporal:
        instant = frame.now()
        return Temporal("Date", (instant.year, instant.month, instant.day))

    return of_value(value, DATE)


def time_of_day(call: Invocation) -> Code:
    return of_value(lambda frame, this: Temporal("Time", temporal.from_datetime(frame.now()).parts[3:]), TIME)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "trace": Function(trace, 1, 2),
    "defineVariable": Function(define_variable, 1, 2),
    "now": Function(now),
    "today": Function(today),
    "timeOfDay": Function(time_of_day),
}
