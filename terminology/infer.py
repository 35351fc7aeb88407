"""The code systems that a bare code may come from, by the value set that it is checked against.

https://hl7.org/fhir/R4/valueset-operation-validate-code.html (`inferSystem`)
"""

from terminology.algebra import runs_of
from terminology.scope import Scope
from terminology.value_set import ValueSet


def inferred_systems(scope: Scope, value_set: ValueSet, code: str) -> list[str]:
    """Those of members with that code; none where a part's code system is not known."""
    parts = (*value_set.included, *value_set.excluded)
    plain = all(part.system and not part.value_sets for part in parts)
    if plain and not any(part.filters for part in parts):
        return _named(scope, value_set, code)
    runs = runs_of(scope, value_set, lambda *_: None)
    numbers = ((run, run.system.number(code)) for run in runs)
    having = {run.system.url: None for run, number in numbers if number is not None and number in run.numbers}
    return list(having)


def _named(scope: Scope, value_set: ValueSet, code: str) -> list[str]:
    found: dict[str, None] = {}
    for part in value_set.included:
        system = scope.code_system(part.system, part.version)
        if system is None:
            return []
        listed = not part.concepts or any(each.code == code for each in part.concepts)
        if listed and system.number(code) is not None:
            found[part.system] = None
    return list(found)
