"""The criterion that a resource is in a compartment.

https://hl7.org/fhir/R4/compartmentdefinition.html
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from exchange.search.criteria import Search
from exchange.search.definition.leading import TypeParameters
from exchange.search.query.conditions import Ids
from exchange.search.query.criterion import AnyOf, Criterion, Patients
from exchange.search.query.links import any_criterion
from exchange.search.query.query import SearchError
from exchange.search.query.values import refused
from mpi.keys import patient_key
from profiles.definitions import Definitions

COMPARTMENTS: Final = ("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device")
# How a definition says that the resource itself is meant.
SELF: Final = "{def}"


@lru_cache(16)
def members_of(definitions: Definitions, code: str) -> Mapping[str, tuple[str, ...]]:
    """The types in the compartments of a type, each with the parameters that may name the compartment's
    resource; it is in its own compartment."""
    members = dict(definitions.compartment(code))
    members.setdefault(code, ())
    return members


def in_compartment(
    search: Search, definitions: Definitions, code: str, id_: str, resource_type: str
) -> Criterion:
    """Raises SearchError for a type that is in no such compartment."""
    members = members_of(definitions, code)
    if resource_type not in members:
        raise refused("", f"A {resource_type} is in no compartment of a {code}.", "not-supported")
    of = search.registry.of(resource_type)
    if code == "Patient":
        return Patients((patient_key(id_),), several=_may_be_several(of))
    found: list[Criterion] = [Ids((id_,))] if resource_type == code else []
    for parameter in members[resource_type]:
        if parameter != SELF:
            try:
                found.append(any_criterion(search, of, parameter, f"{code}/{id_}"))
            except SearchError:
                continue  # a parameter that never names this type
    if not found:
        raise refused("", f"Nothing in a {resource_type} can name a {code}.", "not-supported")
    return found[0] if len(found) == 1 else AnyOf(tuple(found))


def _may_be_several(of: TypeParameters) -> bool:
    """Whether other elements than the leading patient put a resource into a patient's compartment."""
    if of.patient is None or of.several_patients:
        return True
    return {source.key for source in of.compartment} != of.patient.keys
