"""Strings: by their beginning, by a part, or exactly.

https://hl7.org/fhir/R4/search.html#string
"""

from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search, numbers_of
from exchange.search.criteria.names import romanised
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Strings
from exchange.search.query.criterion import AnyOf, Criterion
from exchange.search.query.values import alternatives, refused, unescaped
from exchange.search.value.text import normalised


def beginning(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """By the name as it is written, or as it sounds in pinyin."""
    written = Strings(numbers_of(parameter, "string"), "prefix", plain_values(asked))
    sounding = romanised(parameter, asked)
    return written if sounding is None else AnyOf((written, sounding))


def containing(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    return Strings(numbers_of(parameter, "string"), "contains", plain_values(asked))


def exact(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    values = tuple(unescaped(value) for value in alternatives(asked.name, asked.value))
    return Strings(numbers_of(parameter, "string"), "exact", values)


def plain_values(asked: Asked) -> tuple[str, ...]:
    """The alternatives as the index compares them, without case, accents and the like."""
    plain = tuple(normalised(unescaped(value)) for value in alternatives(asked.name, asked.value))
    if not all(plain):
        raise refused(asked.name, f"{asked.name} has an empty value.")
    return plain


MODIFIERS: Mapping[str, Made] = {"": beginning, "contains": containing, "exact": exact}
