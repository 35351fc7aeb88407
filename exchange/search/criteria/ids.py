"""`_id`: the logical id.

https://hl7.org/fhir/R4/search.html#all
"""

from collections.abc import Mapping

from exchange.search.criteria.asked import NOTHING, Asked, Made, Search
from exchange.search.criteria.missing import is_true
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Ids
from exchange.search.query.criterion import Criterion, Not
from exchange.search.query.values import alternatives, unescaped


def ids(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    return Ids(tuple(map(unescaped, alternatives(asked.name, asked.value))))


def other(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    return Not(ids(search, of, parameter, asked))


def never_missing(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """For what every resource has."""
    return NOTHING if is_true(asked) else Not(NOTHING)


MODIFIERS: Mapping[str, Made] = {"": ids, "not": other, "missing": never_missing}
