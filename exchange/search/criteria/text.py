"""`:text`: what is written beside a code, an identifier or a reference begins like this.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from exchange.search.criteria.asked import Asked, Search
from exchange.search.criteria.string import plain_values
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.index.phrase import texts_path
from exchange.search.query.conditions import Phrases
from exchange.search.query.criterion import Criterion
from exchange.search.query.values import refused
from exchange.search.value.token import salt

_WITH_TEXT = frozenset(("CodeableConcept", "Coding", "Identifier", "Reference"))


def text(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    keys = sorted({source.key for source in parameter.sources if source.data_type in _WITH_TEXT})
    if not keys:
        raise refused(asked.name, f"Beside {parameter.code} no text is written.", "not-supported")
    return Phrases(tuple(salt(texts_path(key)) for key in keys), plain_values(asked))
