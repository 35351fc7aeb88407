"""The registry of data-type functions: small, pure, named; the only code a map can call.

A function takes a value (or, if its first parameter is called `values`, all repetitions at once) and the
context; keyword parameters are what a row may give it: `vocabulary`, `field` (the row's source), constants
and inputs. It returns None for "nothing to map", a plain JSON value, or one of the kinds below.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value for a choice element `value[x]`: `suffix` is the type with a capital (`Quantity`)."""

    suffix: str
    value: Any


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive with extensions of its own; `value` may be None."""

    value: Any
    extension: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A value that needs further resources: a reference and what it refers to."""

    value: Any
    resources: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Several:
    """More than one value from one source value, for an element that repeats."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    call: Callable[..., Any]
    takes_all: bool
    remembered: bool
    parameters: frozenset[str]
    required: frozenset[str]


def registry(
    *functions: Callable[..., Any], remembered: Iterable[Callable[..., Any]] = ()
) -> Mapping[str, Function]:
    """The functions by name. Results of `remembered` ones are kept: they speak of codes, people and places,
    which come again in every message; they must be pure, and nobody may change what they return."""
    again = frozenset(remembered)
    return MappingProxyType({each.__name__: _function(each, each in again) for each in (*functions, *again)})


def _function(call: Callable[..., Any], remembered: bool) -> Function:
    parameters = inspect.signature(call).parameters
    keyword = [each for each in parameters.values() if each.kind is inspect.Parameter.KEYWORD_ONLY]
    return Function(
        name=call.__name__,
        call=call,
        remembered=remembered,
        takes_all=next(iter(parameters)) == "values",
        parameters=frozenset(each.name for each in keyword),
        required=frozenset(each.name for each in keyword if each.default is inspect.Parameter.empty),
    )
