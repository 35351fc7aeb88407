"""Dates: a prefix, and a value that covers the year, month, day, minute or second it names.

https://hl7.org/fhir/R4/search.html#date
"""

from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search, numbers_of
from exchange.search.criteria.ids import never_missing
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Comparison, LeadingDate, Ranges, Updated
from exchange.search.query.criterion import Criterion
from exchange.search.query.values import alternatives, date_comparison
from exchange.search.value.token import LONG, token


def date(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    comparisons = _comparisons(search, asked)
    if of.date is not None and parameter.keys == of.date.keys:
        return LeadingDate(comparisons, tuple(token(key, LONG) for key in sorted(parameter.keys)))
    return Ranges("date_index", numbers_of(parameter, "date"), comparisons)


def last_updated(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    return Updated(_comparisons(search, asked))


def _comparisons(search: Search, asked: Asked) -> tuple[Comparison, ...]:
    now = search.now()
    values = alternatives(asked.name, asked.value)
    return tuple(date_comparison(asked.name, value, search.zone, now) for value in values)


MODIFIERS: Mapping[str, Made] = {"": date}
OF_LAST_UPDATED: Mapping[str, Made] = {"": last_updated, "missing": never_missing}
