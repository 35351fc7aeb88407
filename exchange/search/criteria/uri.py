"""URIs: as they stand, character by character.

https://hl7.org/fhir/R4/search.html#uri
"""

from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search
from exchange.search.leading import TypeParameters
from exchange.search.query import Criterion, Tokens
from exchange.search.source import Parameter
from exchange.search.token import token
from exchange.search.values import alternatives, unescaped


def uri(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    values = [unescaped(value) for value in alternatives(asked.name, asked.value)]
    return Tokens(tuple(token(key, value) for value in values for key in sorted(parameter.keys)))


MODIFIERS: Mapping[str, Made] = {"": uri}
