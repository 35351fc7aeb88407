"""Search parameters of a deployment's own: SearchParameter resources that are in force.

https://hl7.org/fhir/R4/searchparameter.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from exchange.outcome import FhirError
from exchange.search.definition.definitions import Definitions
from exchange.search.definition.leading import Registry
from exchange.search.definition.parameters import parameters_of
from exchange.search.definition.source import Parameter
from exchange.search.definition.sources import KINDS, RESOURCES
from profiles.definitions import SearchParameter
from profiles.fhirpath import FhirPathError, compile_expression

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_TYPES: Final = frozenset((*KINDS, "composite"))


class _Ids(dict[str, int]):
    """An id for every path: to see whether a parameter can be compiled."""

    def __missing__(self, path: str) -> int:
        return 0


def is_in_force(resource: Mapping[str, Any]) -> bool:
    """Whether searches may use it: it is active."""
    return resource.get("status") == "active"


def parameter_of(resource: Mapping[str, Any]) -> SearchParameter:
    """The definition in a SearchParameter resource."""
    return msgspec.convert(dict(resource), SearchParameter)


def types_of(parameter: SearchParameter, definitions: Definitions) -> frozenset[str]:
    """The resource types that it is for."""
    if not set(RESOURCES).isdisjoint(parameter.base):
        return definitions.resource_types
    return definitions.resource_types & set(parameter.base)


def paths_of(parameters: Iterable[SearchParameter], definitions: Definitions) -> Iterator[str]:
    """The paths that need an id in the side tables."""
    every = tuple(parameters)
    for parameter in every:
        for name in types_of(parameter, definitions):
            made = parameters_of(definitions, name, _Ids(), every).get(parameter.code)
            yield from _paths(made) if made else ()


def _paths(parameter: Parameter) -> Iterator[str]:
    for source in parameter.sources:
        if source.kind not in ("token", "position"):
            yield source.key
    for composite in parameter.composites:
        if composite.stored == "composite_index":
            yield composite.key


def require_usable(resource: Mapping[str, Any], registry: Registry) -> None:
    """Raises FhirError if it is in force and cannot be: unknown base, a code that is taken, an expression
    that cannot be compiled."""
    if not is_in_force(resource):
        return
    parameter = parameter_of(resource)
    _require_base(parameter, registry)
    if not _CODE.fullmatch(parameter.code):
        raise _refused("The code is letters, digits, - and _, and begins with a letter", "code")
    if parameter.type not in _TYPES:
        raise _refused(f"Search parameters of type {parameter.type} cannot be defined here", "type")
    for name in sorted(types_of(parameter, registry.definitions)):
        known = registry.of(name).parameters.get(parameter.code)
        if known is not None and known.url != parameter.url:
            raise _refused(f"{name} has a search parameter {parameter.code} already: {known.url}", "code")
        _require_compiled(parameter, name, registry)


def _require_base(parameter: SearchParameter, registry: Registry) -> None:
    if not parameter.base:
        raise _refused("The search parameter is for no type", "base")
    for name in parameter.base:
        if name not in registry.resource_types and name not in RESOURCES:
            raise _refused(f"R4 has no resource type {name[:64]}", "base")


def _require_compiled(parameter: SearchParameter, name: str, registry: Registry) -> None:
    if not parameter.expression:
        raise _refused("A search parameter needs an expression", "expression")
    further = (*registry.further.parameters, parameter)
    made = parameters_of(registry.definitions, name, _Ids(), further).get(parameter.code)
    if made is None or made.refusal:
        what = "component" if parameter.type == "composite" else "expression"
        raise _refused(f"Nothing in {name} that such a parameter can be about is read", what)
    for source in made.sources:
        if source.data_type == "fhirpath":
            try:
                compile_expression(source.expression, registry.definitions, name)  # type: ignore[arg-type]
            except FhirPathError as error:
                raise _refused(f"The expression cannot be compiled: {error}", "expression") from None


def _refused(diagnostics: str, element: str) -> FhirError:
    return FhirError("rule", diagnostics, f"SearchParameter.{element}")
