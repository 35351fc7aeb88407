"""Numbers: a prefix, and a value that stands for what its digits leave open.

https://hl7.org/fhir/R4/search.html#number
"""

from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search, numbers_of
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Ranges
from exchange.search.query.criterion import Criterion
from exchange.search.query.values import alternatives, number_comparison


def number(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    values = alternatives(asked.name, asked.value)
    comparisons = tuple(number_comparison(asked.name, value) for value in values)
    return Ranges("number_index", numbers_of(parameter, "number"), comparisons)


MODIFIERS: Mapping[str, Made] = {"": number}
