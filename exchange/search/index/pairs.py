"""What a composite's context puts into the index, where its parts must be kept together.

https://hl7.org/fhir/R4/search.html#composite
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from exchange.search.definition.composite import paired
from exchange.search.definition.source import Composite, Source
from exchange.search.index.emit import RANGES, Surroundings, Units, measured
from exchange.search.value import dates, numbers
from exchange.search.value.references import relative
from exchange.search.value.text import normalised
from exchange.search.value.token import coded, h64, present, salt, token
from terminology.naming import canonical_system

Row = tuple[int, int, int | None, float, float, str | None]
Emit = Callable[[Any, Any, list[int], list[Row]], None]
"""Of a context, in its resource: adds to the tokens and to the rows."""

Part = Callable[[Any, Any], Iterator[Any]]


def emit_pairs(composite: Composite, around: Surroundings, units: Units) -> Emit:
    firsts = _each(composite, 0, lambda source, value: forms(source, value, around.base))
    if composite.stored == "tokens":
        return _token_pairs(composite, firsts, around.base)
    number, salted = composite.number, salt(composite.key)
    rows = _three(composite) if len(composite.parts) > 2 else _two(composite, around, units)

    def emit(context: Any, resource: Any, tokens: list[int], composites: list[Row]) -> None:
        found = list(rows(context, resource))
        for first in firsts(context, resource) if found else ():
            key = h64(first) ^ salted
            for wide, unit, low, high, text in found:
                composites.append((-number if wide else number, key, unit, low, high, text))

    return emit


def _token_pairs(composite: Composite, firsts: Part, base: str) -> Emit:
    seconds = _each(composite, 1, lambda source, value: forms(source, value, base))
    key, there = composite.key, token(composite.key, present())

    def emit(context: Any, resource: Any, tokens: list[int], composites: list[Row]) -> None:
        found = list(seconds(context, resource))
        for first in firsts(context, resource) if found else ():
            tokens.append(there)
            tokens += [token(key, paired(first, second)) for second in found]

    return emit


def forms(source: Source, value: Any, base: str) -> list[str]:
    """The values that the plain tokens of an element are made of, as far as a composite asks for them."""
    match source.data_type:
        case "CodeableConcept":
            return [form for coding in value.get("coding", ()) for form in _of_coding(coding)]
        case "Coding":
            return _of_coding(value)
        case "boolean":
            return ["true" if value else "false"]
        case "Reference":
            literal = relative(value.get("reference", ""), base)
            return list(dict.fromkeys((literal.partition("/_history/")[0], literal))) if literal else []
        case "canonical":
            return list(dict.fromkeys((value.partition("|")[0], value)))
        case "ContactPoint":
            return [value["value"]] if "value" in value else []
    return [value]


def _of_coding(coding: Any) -> list[str]:
    if "code" not in coding:
        return []
    return [coded(canonical_system(coding.get("system", "")), coding["code"]), coding["code"]]


Measured = tuple[bool, int | None, float, float, str | None]
"""Whether it is a range, unit, ends, text."""


def _two(composite: Composite, around: Surroundings, units: Units) -> Part:
    return _each(composite, 1, lambda source, value: _measured(source, value, around, units))


def _three(composite: Composite) -> Part:
    seconds = _each(composite, 1, lambda source, value: [float(value)])
    thirds = _each(composite, 2, lambda source, value: [float(value)])

    def rows(context: Any, resource: Any) -> Iterator[Measured]:
        for second in seconds(context, resource):
            for third in thirds(context, resource):
                yield False, None, second, third, None

    return rows


def _measured(source: Source, value: Any, around: Surroundings, units: Units) -> Iterator[Measured]:
    if source.kind == "quantity":
        bounds, unit = measured(source.data_type, value)
        for each in units[unit] if bounds else ():
            yield bounds[0] != bounds[1], each, *bounds, None  # type: ignore[index, misc]
    elif source.kind == "number":
        ends = numbers.range_bounds(value) if isinstance(value, dict) else (float(value), float(value))
        if ends:
            yield ends[0] != ends[1], None, *ends, None
    elif source.kind == "date":
        covered = RANGES.get(source.data_type, dates.date_range)(value, around.zone)
        if covered:
            yield covered[1] - covered[0] > dates.SHORT, None, float(covered[0]), float(covered[1]), None
    else:
        yield False, None, 0.0, 0.0, normalised(value)


def _each(composite: Composite, part: int, of: Callable[[Source, Any], Iterable[Any]]) -> Part:
    """What `of` makes of every value of a part, in a context."""
    readings = [(source, *_place(composite, source)) for source in composite.parts[part]]

    def found(context: Any, resource: Any) -> Iterator[Any]:
        for source, names, in_context in readings:
            for value in values_at(context if in_context else resource, names):
                yield from of(source, value)

    return found


def _place(composite: Composite, source: Source) -> tuple[tuple[str, ...], bool]:
    """The names below the context, or below the resource if the element is not in the context."""
    above = composite.context.names
    inside = source.names[: len(above)] == above
    return (source.names[len(above) :], True) if inside else (source.names, False)


def values_at(element: Any, names: tuple[str, ...]) -> list[Any]:
    found = [element]
    for name in names:
        found = [inner for outer in found if name in outer for inner in _listed(outer[name])]
    return found


def _listed(value: Any) -> list[Any]:
    return [each for each in value if each is not None] if isinstance(value, list) else [value]
