"""`:missing`: whether the resource has a value for the parameter at all.

https://hl7.org/fhir/R4/search.html#missing
"""

from exchange.search.criteria.asked import Asked, Search, any_of, numbers_of
from exchange.search.leading import TypeParameters
from exchange.search.query import Criterion, HasLeadingDate, Not, Present, Tokens
from exchange.search.source import Parameter, Source
from exchange.search.token import present, token
from exchange.search.values import refused

_SIDE_TABLES = {
    "identifier": "identifier_index",
    "string": "string_index",
    "date": "date_index",
    "number": "number_index",
    "quantity": "quantity_index",
}


def missing(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    there: list[Criterion] = []
    tokens = parameter.of_kind("token")
    if tokens:
        there.append(Tokens(tuple({token(s.key, value) for s in tokens for value in _presence(search, s)})))
    if of.date is not None and parameter.keys == of.date.keys:
        there.append(HasLeadingDate())
    else:
        for kind, table in _SIDE_TABLES.items():
            if numbers := numbers_of(parameter, kind):
                there.append(Present(table, numbers))
    return Not(any_of(there)) if is_true(asked) else any_of(there)


def is_true(asked: Asked) -> bool:
    """What `:missing` was asked with."""
    if asked.value not in ("true", "false"):
        raise refused(asked.name, f"{asked.name} is true or false.")
    return asked.value == "true"


def _presence(search: Search, source: Source) -> tuple[str, ...]:
    """The values that say an element is there; a reference says it by the type of its target."""
    if source.data_type != "Reference":
        return (present(),)
    if source.path.target is not None:
        return (present(source.path.target),)
    return (present(), *(present(name) for name in sorted(search.registry.resource_types)))
