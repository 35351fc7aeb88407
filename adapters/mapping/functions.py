"""The registry of data-type functions: small, pure, named; the only code a map can call.

A function takes a value (or, if its first parameter is called `values`, all repetitions at once) and the
context; keyword parameters are what a row may give it: `vocabulary`, `field` (the row's source), constants
and inputs. It returns None for "nothing to map", a plain JSON value, or one of the kinds below.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from adapters.mapping.memory import SIZE

Json = dict[str, Any]


class Choice(NamedTuple):
    """A value for a choice element `value[x]`: `suffix` is the type with a capital (`Quantity`)."""

    suffix: str
    value: Any


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive with extensions of its own; `value` may be None."""

    value: Any
    extension: tuple[Json, ...]


class Made(NamedTuple):
    """A value that needs further resources: a reference and what it refers to."""

    value: Any
    resources: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Several:
    """More than one value from one source value, for an element that repeats."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`remembered`: how many of its results are. `makes`: they may need further resources."""

    name: str
    call: Callable[..., Any]
    takes_all: bool
    remembered: int
    makes: bool
    parameters: frozenset[str]
    required: frozenset[str]


def registry(
    *functions: Callable[..., Any],
    remembered: Iterable[Callable[..., Any]] = (),
    well_remembered: Iterable[Callable[..., Any]] = (),
) -> Mapping[str, Function]:
    """The functions by name. Results of `remembered` ones are kept: they speak of codes, people, places and
    times, which come again in this message or the next; they must be pure, and nobody may change what they
    return. Of `well_remembered` ones more are kept: what they say is one of very many."""
    sizes = dict.fromkeys(remembered, SIZE) | dict.fromkeys(well_remembered, 8 * SIZE)
    made = (_function(each, sizes.get(each, 0)) for each in (*functions, *sizes))
    return MappingProxyType({each.name: each for each in made})


def _function(call: Callable[..., Any], remembered: int) -> Function:
    parameters = inspect.signature(call).parameters
    keyword = [each for each in parameters.values() if each.kind is inspect.Parameter.KEYWORD_ONLY]
    return Function(
        name=call.__name__,
        call=call,
        remembered=remembered,
        makes="Made" in str(inspect.signature(call).return_annotation),
        takes_all=next(iter(parameters)) == "values",
        parameters=frozenset(each.name for each in keyword),
        required=frozenset(each.name for each in keyword if each.default is inspect.Parameter.empty),
    )
