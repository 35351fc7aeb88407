"""Quantities: `[prefix]number`, `[prefix]number|system|code`, `[prefix]number||code`.

https://hl7.org/fhir/R4/search.html#quantity
"""

from collections.abc import Mapping

from exchange.search.criteria.asked import Asked, Made, Search, any_of, numbers_of
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Comparison, Quantities
from exchange.search.query.criterion import Criterion
from exchange.search.query.values import alternatives, number_comparison, refused, split, unescaped
from exchange.search.value.numbers import sought_units
from terminology.naming import canonical_system


def quantity(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    numbers = numbers_of(parameter, "quantity")
    values = alternatives(asked.name, asked.value)
    return any_of([Quantities(numbers, *comparison_and_units(asked.name, value)) for value in values])


def comparison_and_units(name: str, value: str) -> tuple[Comparison, tuple[int, ...]]:
    """One value, still escaped; no units if any will do."""
    parts = [unescaped(part) for part in split(value, "|")]
    if len(parts) not in (1, 3):
        raise refused(name, f"{name} needs a number, number|system|code or number||code.")
    comparison = number_comparison(name, parts[0])
    if len(parts) == 1 or not parts[2]:
        if len(parts) == 3 and parts[1]:
            raise refused(name, f"{name} names a system of units but no unit.")
        return comparison, ()
    return comparison, sought_units(canonical_system(parts[1]) if parts[1] else None, parts[2])


MODIFIERS: Mapping[str, Made] = {"": quantity}
