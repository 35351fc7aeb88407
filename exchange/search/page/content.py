"""Sort values that no index keeps: codes, references and uris, as the resource itself says them.

https://hl7.org/fhir/R4/search.html#sort
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exchange.search.definition.source import Source
from exchange.search.query.query import SortKey


def value(key: SortKey, resource: Mapping[str, Any]) -> str | None:
    """The first, or the last when descending, of the resource's values; None if it has none."""
    found = [text for element in key.elements for text in _texts(element, resource)]
    if not found:
        return None
    return max(found) if key.descending else min(found)


def _texts(source: Source, resource: Mapping[str, Any]) -> Iterator[str]:
    """Of a code the code, of a reference the reference if it names the type that it must."""
    for element in _elements(source, resource):
        match element:
            case {"coding": [*codings]}:
                yield from (each["code"] for each in codings if "code" in each)
            case {"reference": str(text)}:
                if source.path.target is None or f"{source.path.target}/" in text:
                    yield text
            case {"code": str(text)} | {"value": str(text)}:
                yield text
            case bool():
                yield "true" if element else "false"
            case str():
                yield element


def _elements(source: Source, resource: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = [resource]
    for name, step in zip(source.names, source.path.steps, strict=False):
        found = [inner for outer in found if isinstance(outer, dict) for inner in _listed(outer.get(name))]
        if step.where is not None:
            where = step.where
            found = [each for each in found if where.value in _below(each, where.child)]
    return found


def _below(element: Any, names: Sequence[str]) -> list[Any]:
    found = [element]
    for name in names:
        found = [inner for outer in found if isinstance(outer, dict) for inner in _listed(outer.get(name))]
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return [each for each in value if each is not None] if isinstance(value, list) else [value]
