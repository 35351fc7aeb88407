"""`:missing`: whether the resource has a value for the parameter at all.

https://hl7.org/fhir/R4/search.html#missing
"""

from exchange.search.criteria.asked import Asked, Search, any_of, numbers_of, part_parameters
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Composite, Parameter, Source
from exchange.search.query.conditions import HasLeadingDate, HasLeadingPatient, Present, Tokens
from exchange.search.query.criterion import AllOf, Criterion, Not
from exchange.search.query.values import refused
from exchange.search.value.token import absent, present, token

_SIDE_TABLES = {
    "identifier": "identifier_index",
    "string": "string_index",
    "date": "date_index",
    "number": "number_index",
    "quantity": "quantity_index",
}


def missing(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    found = there(search, of, parameter)
    return Not(found) if is_true(asked) else found


def there(search: Search, of: TypeParameters, parameter: Parameter) -> Criterion:
    """The parameter has a value; a composite has, if one element has all its parts."""
    if parameter.type == "special":
        return Present("position_index", ())
    if parameter.composites:
        return any_of([_whole(search, of, context) for context in parameter.composites])
    return _indexed(search, of, parameter)


def _whole(search: Search, of: TypeParameters, context: Composite) -> Criterion:
    if context.grouped and context.stored == "composite_index":
        return Present("composite_index", (context.number,))
    if context.grouped:
        return Tokens((token(context.key, present()),))
    return AllOf(tuple(_indexed(search, of, part) for part in part_parameters(context)))


def _indexed(search: Search, of: TypeParameters, parameter: Parameter) -> Criterion:
    there: list[Criterion] = []
    tokens = parameter.of_kind("token")
    if plain := [source for source in tokens if not source.required]:
        there.append(Tokens(tuple({token(s.key, value) for s in plain for value in _presence(search, s)})))
    there += [Not(Tokens((token(s.key, absent()),))) for s in tokens if s.required]
    if of.says_patient and of.patient is not None and parameter.keys == of.patient.keys:
        there.append(HasLeadingPatient())
    if of.date is not None and parameter.keys == of.date.keys:
        there.append(HasLeadingDate())
    else:
        for kind, table in _SIDE_TABLES.items():
            if numbers := numbers_of(parameter, kind):
                there.append(Present(table, numbers))
    return any_of(there)


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
