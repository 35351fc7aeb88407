"""`:above` and `:below` on references: through resources that are part of one another.

A hierarchy is what a type's own parameter `partof` or `part-of` tells, if it leads to that type alone:
Location, Organization, Encounter, CarePlan and others.

https://hl7.org/fhir/R4/search.html#recursive
"""

from collections.abc import Mapping
from typing import Literal

from exchange.search.criteria.asked import Asked, Made, Search, any_of, targets_of
from exchange.search.criteria.reference import literal, reference_targets, sought
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.criterion import Chain, Criterion, Kin, Targets
from exchange.search.query.values import refused
from exchange.search.value.token import reference_hash, salt

_PART_OF = ("partof", "part-of")


def above(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """What is named, or what it is part of."""
    return _kin(search, of, parameter, asked, "above")


def below(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """What is named, or what is part of it."""
    return _kin(search, of, parameter, asked, "below")


def part_of(search: Search, resource_type: str) -> Parameter | None:
    """The parameter that tells what a resource of the type is part of, if that is one of the type."""
    parameters = search.registry.of(resource_type).parameters
    found = (parameters[code] for code in _PART_OF if code in parameters)
    return next((each for each in found if each.targets == (resource_type,) and each.sources), None)


def _kin(
    search: Search,
    of: TypeParameters,
    parameter: Parameter,
    asked: Asked,
    how: Literal["above", "below"],
) -> Criterion:
    plain = Asked(asked.name, "", asked.value)
    types = [name for name in reference_targets(search, parameter, plain) if part_of(search, name)]
    if not types:
        diagnostics = f"Nothing that {parameter.code} refers to is part of another."
        raise refused(asked.name, diagnostics, "not-supported")
    named: dict[str, list[int]] = {}
    for reference, target in sought(search, parameter, plain):
        if target is not None and target[0] in types:
            named.setdefault(target[0], []).append(reference_hash("/".join(target)))
        elif target is None or "/" in asked.value:
            raise refused(asked.name, f"{reference!r} is in no hierarchy that is known here.")
    salts = tuple(salt(key) for key in sorted(parameter.keys))
    targets = tuple(_targets(search, name, hashes, how) for name, hashes in named.items())
    return any_of([literal(search, of, parameter, plain), Chain(salts, targets)])


def _targets(search: Search, name: str, references: list[int], how: Literal["above", "below"]) -> Targets:
    upward = part_of(search, name)
    assert upward is not None
    salts = tuple(salt(key) for key in sorted(upward.keys))
    return targets_of(search, name, (Kin(name, tuple(references), salts, how),))


MODIFIERS: Mapping[str, Made] = {"above": above, "below": below}
