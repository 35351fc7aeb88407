"""Composites: values that belong together, joined by `$`.

Where the parts need not stand in one element, the plain criteria of the parts say the same; elsewhere the
index keeps what stands together (`exchange.search.definition.composite`).

https://hl7.org/fhir/R4/search.html#composite
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from exchange.search.criteria import date, number, quantity, reference, string, token
from exchange.search.criteria.asked import Asked, Made, Search, any_of, part_parameters, type_of
from exchange.search.criteria.quantity import comparison_and_units
from exchange.search.definition.composite import paired
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Composite, Parameter, Source
from exchange.search.query.conditions import Paired, Tokens
from exchange.search.query.criterion import AllOf, Criterion
from exchange.search.query.values import (
    alternatives,
    date_comparison,
    number_comparison,
    refused,
    split,
    unescaped,
)
from exchange.search.value.text import normalised
from exchange.search.value.token import token as token_of


def composite(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    found: list[Criterion] = []
    for value in alternatives(asked.name, asked.value):
        values = split(value, "$")
        if not all(values) or any(len(values) != len(each.parts) for each in parameter.composites):
            number_of_parts = len(parameter.composites[0].parts)
            raise refused(asked.name, f"{asked.name} needs {number_of_parts} values, joined by $.")
        found += [_in(search, of, context, asked, values) for context in parameter.composites]
    return any_of(found)


_PLAIN: Mapping[str, Made] = {
    "date": date.date,
    "number": number.number,
    "quantity": quantity.quantity,
    "reference": reference.literal,
    "string": string.beginning,
    "token": token.one_of,
}


def _in(
    search: Search, of: TypeParameters, context: Composite, asked: Asked, values: tuple[str, ...]
) -> Criterion:
    """The criterion of one context."""
    if context.grouped:
        make = _tokens if context.stored == "tokens" else _row
        return make(search, context, asked, values)
    parts = part_parameters(context)
    plain = [
        _PLAIN[part.type](search, of, part, replace(asked, value=value))
        for part, value in zip(parts, values, strict=True)
    ]
    system, code = token.system_and_code(asked.name, values[0])
    if context.stored == "composite_index" and system is not None and code:
        return AllOf((plain[0], _row(search, context, asked, values)))
    return AllOf(tuple(plain))


def _tokens(search: Search, context: Composite, asked: Asked, values: tuple[str, ...]) -> Criterion:
    first, second = (
        _forms(search, sources, asked, value) for sources, value in zip(context.parts, values, strict=True)
    )
    return Tokens(tuple(token_of(context.key, paired(one, other)) for one in first for other in second))


def _row(search: Search, context: Composite, asked: Asked, values: tuple[str, ...]) -> Criterion:
    keys = tuple(token_of(context.key, form) for form in _forms(search, context.parts[0], asked, values[0]))
    row = partial(Paired, context.number, keys)
    return _VALUES[type_of(context.parts[1])](search, asked, row, values[1:])


def _forms(search: Search, sources: tuple[Source, ...], asked: Asked, value: str) -> list[str]:
    """The values that the token of a part may have been made of."""
    part = Parameter("", type_of(sources), sources)
    if part.type == "reference":
        return [each for each, _ in reference.sought(search, part, replace(asked, modifier="", value=value))]
    system, code = token.system_and_code(asked.name, value)
    if not code:
        raise refused(asked.name, f"{asked.name} needs a code, not a system alone.", "not-supported")
    return list(dict.fromkeys(token.token_value(search, source, system, code) for source in sources))


Row = Callable[..., Paired]


def _quantity(search: Search, asked: Asked, row: Row, values: tuple[str, ...]) -> Paired:
    comparison, units = comparison_and_units(asked.name, values[0])
    return row("quantity", comparison, units)


def _number(search: Search, asked: Asked, row: Row, values: tuple[str, ...]) -> Paired:
    first, *rest = (number_comparison(asked.name, unescaped(value)) for value in values)
    return row("number", first, upper=rest[0] if rest else None)


def _date(search: Search, asked: Asked, row: Row, values: tuple[str, ...]) -> Paired:
    return row("date", date_comparison(asked.name, unescaped(values[0]), search.zone, search.now()))


def _string(search: Search, asked: Asked, row: Row, values: tuple[str, ...]) -> Paired:
    text = normalised(unescaped(values[0]))
    if not text:
        raise refused(asked.name, f"{asked.name} has an empty value.")
    return row("string", text=text)


_VALUES = {"quantity": _quantity, "number": _number, "date": _date, "string": _string}

MODIFIERS: Mapping[str, Made] = {"": composite}
