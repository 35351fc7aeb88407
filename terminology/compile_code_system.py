"""CodeSystem resources to compiled code systems, with what supplements add.

https://hl7.org/fhir/R4/codesystem.html#concept
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from terminology.code_system import CONCEPT_PROPERTIES, CodeSystem, Entry, Header
from terminology.designations import STANDARDS_STATUS
from terminology.hierarchy import Hierarchy

Resource = Mapping[str, Any]
MAX_DEPTH: Final = 500


class UnusableDefinition(ValueError):
    """A definition cannot be understood."""


def header_of(resource: Resource) -> Header:
    """What it says of itself; also of a supplement."""
    extension = resource.get("extension", ())
    return Header(
        url=resource.get("url", ""),
        version=resource.get("version", ""),
        name=resource.get("name", ""),
        title=resource.get("title", ""),
        status=resource.get("status", ""),
        standards_status=next(
            (e.get("valueCode", "") for e in extension if e.get("url") == STANDARDS_STATUS), ""
        ),
        is_experimental=resource.get("experimental") is True,
        content=resource.get("content", "complete"),
        is_case_sensitive=resource.get("caseSensitive") is True,
        language=resource.get("language", ""),
        value_set=resource.get("valueSet", ""),
        supplements=resource.get("supplements", ""),
        properties={
            each["code"]: each.get("uri", "") for each in resource.get("property", ()) if "code" in each
        },
    )


def compile_code_system(resource: Resource) -> CodeSystem:
    """Raises UnusableDefinition."""
    header = header_of(resource)
    try:
        listed = [(entry, above) for entry, above in _flat(resource.get("concept", ()), None, 0)]
        codes = [entry["code"] for entry, _ in listed]
    except (KeyError, TypeError, AttributeError) as error:
        raise UnusableDefinition(f"{header.canonical} has a concept without a code") from error
    numbers = {code: number for number, code in reversed(list(enumerate(codes)))}
    nested = ((numbers[above], numbers[entry["code"]]) for entry, above in listed if above is not None)
    entries = [entry for entry, _ in listed]
    edges = [*nested, *_related(header, entries, numbers)]
    displays = [entry.get("display", "") for entry in entries]
    return CodeSystem(header, codes, displays, numbers, Hierarchy(len(codes), edges), entries)


def _flat(concepts: Sequence[Resource], above: str | None, depth: int) -> Iterator[tuple[Entry, str | None]]:
    if depth > MAX_DEPTH:
        raise UnusableDefinition("the concepts are nested too deeply")
    for concept in concepts:
        below = concept.get("concept")
        entry = {name: value for name, value in concept.items() if name != "concept"} if below else concept
        yield entry, above
        if below:
            yield from _flat(below, concept["code"], depth + 1)


def _related(
    header: Header, entries: Iterable[Entry], numbers: Mapping[str, int]
) -> Iterator[tuple[int, int]]:
    """The edges that properties tell: `parent`, `child`, and `subsumedBy` under whatever code."""
    up = {code for code, uri in header.properties.items() if uri == CONCEPT_PROPERTIES + "parent"}
    down = {code for code, uri in header.properties.items() if uri == CONCEPT_PROPERTIES + "child"}
    up, down = up | {"parent", "subsumedBy"}, down | {"child"}
    for number, entry in enumerate(entries):
        for each in entry.get("property", ()):
            other = numbers.get(each.get("valueCode", ""))
            if other is not None and other != number:
                if each.get("code") in up:
                    yield other, number
                elif each.get("code") in down:
                    yield number, other


def supplemented(system: CodeSystem, supplements: Sequence[Resource]) -> CodeSystem:
    """The code system with what the supplements say of its concepts."""
    if not supplements:
        return system
    added: dict[int, list[tuple[Header, Entry]]] = {}
    headers = []
    for resource in supplements:
        header = header_of(resource)
        headers.append(header)
        for entry, _ in _flat(resource.get("concept", ()), None, 0):
            number = system.number(entry.get("code", ""))
            if number is not None:
                added.setdefault(number, []).append((header, entry))
    return replace(
        system, supplements=tuple(headers), added={number: tuple(given) for number, given in added.items()}
    )
