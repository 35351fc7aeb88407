"""What an expression that is more than a path finds in a resource, and what of that goes into the index.

https://hl7.org/fhir/R4/fhirpath.html
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from exchange.search.definition.expression import Path, Step
from exchange.search.definition.source import Source
from exchange.search.definition.sources import KINDS, parts
from exchange.search.index.compiled import Type, compiled
from exchange.search.index.fragments import Names, Reading
from exchange.search.index.row import IndexRow
from profiles.fhirpath import Environment, FhirPathError, Node, compile_expression

_SYSTEM: Final = {bool: "boolean", str: "string", int: "integer", Decimal: "decimal"}
_log = logging.getLogger(__name__)


def evaluating(source: Source, definitions: Any, names: Names) -> Callable[[Mapping[str, Any]], IndexRow]:
    """The index rows of what the source's expression finds, as those of a row of their own."""
    expression = compile_expression(source.expression, definitions, source.path.resource_type)
    extract = compiled(Type("", tuple(_readings(source)), (), (), {}), names)

    def emit(resource: Mapping[str, Any]) -> IndexRow:
        found: dict[str, list[Any]] = defaultdict(list)
        try:
            for item in expression.nodes(resource, Environment(resource)):
                name, value = _typed(item)
                if value is not None:
                    found[name].append(value)
        except FhirPathError as error:  # of this resource: it has no such value
            _log.warning("a search parameter's expression fails on a %s: %s", _name(resource), error.kind)
            return IndexRow()
        return extract(found)

    return emit


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource.get("resourceType"))


def _typed(item: Any) -> tuple[str, Any]:
    if isinstance(item, Node):
        return item.type.name, item.value
    if isinstance(item, dict):
        return "", None
    kind = _SYSTEM.get(type(item))
    return (kind, item) if kind else ("dateTime", str(item))


def _readings(source: Source) -> Iterator[Reading]:
    """One for each data type that there may be."""
    for kinds in KINDS.values():
        for data_type, kind in kinds.items():
            if kind == source.kind:
                path = Path("", (Step(data_type),))
                whole = replace(source, path=path, names=(data_type,), data_type=data_type, lists=(True,))
                for part in parts(whole):
                    yield Reading(replace(part, key=source.key, number=source.number))
