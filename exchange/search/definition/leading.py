"""What each resource type is mostly found by: its clinical date, its code and its patient.

These have columns and btrees of their own (`resource_index.ts`, `code_index`, `resource_index.patient`). The
choices are facts of the stored index: to change one for a type means to index that type again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from exchange.search.definition.definitions import Definitions, SearchParameter
from exchange.search.definition.parameters import parameter_ids, parameters_of
from exchange.search.definition.source import Parameter, Source
from exchange.search.definition.sources import RESOURCES

# The first of these that the type has and that has one value at most leads.
_DATES = (
    "date",
    "onset-date",
    "effective-time",
    "effective",
    "started",
    "collected",
    "authoredon",
    "authored-on",
    "authored",
    "whenhandedover",
    "sent",
    "start-date",
    "start",
    "occurrence",
    "datetime",
    "datewritten",
    "identified",
    "recorded",
    "created",
    "issued",
    "birthdate",
    "period",
    "timestamp",
)
_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
_CODES = ("code", "vaccine-code", "type", "category")
_PATIENTS = ("patient", "subject", "individual", "actor", "member", "link")


@dataclass(frozen=True, slots=True)
class Further:
    """Search parameters of a deployment's own.

    ids       of their paths in the side tables
    warnings  by code: why a search may miss resources
    """

    parameters: tuple[SearchParameter, ...] = ()
    ids: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypeParameters:
    """The search parameters of one resource type.

    date, code, patient  the leading parameters, None where the type has none
    several_patients     the leading patient parameter may hold several values
    compartment          every element that puts the resource into a patient's compartment
    """

    resource_type: str
    parameters: Mapping[str, Parameter]
    date: Parameter | None
    code: Parameter | None
    patient: Parameter | None
    several_patients: bool
    compartment: tuple[Source, ...]

    @property
    def says_patient(self) -> bool:
        """Whether a patient of ours is there just where the patient column has a value: no token says it."""
        return self.patient is not None and not self.several_patients and len(self.patient.keys) == 1

    def is_patient(self, parameter: Parameter) -> bool:
        """Whether the patient column answers the parameter: it reads the same elements."""
        return self.patient is not None and parameter.keys == self.patient.keys


class Registry:
    """The search parameters of every resource type, compiled when first asked for.

    compartment_types  the types that may be in a patient's compartment
    """

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.resource_types = definitions.resource_types
        self.compartment_types = frozenset(definitions.compartment("Patient")) | {"Patient"}
        self.further = Further()
        self._types: dict[str, TypeParameters] = {}

    def of(self, resource_type: str) -> TypeParameters:
        """The parameters of a resource type."""
        found = self._types.get(resource_type)
        if found is None:
            found = _type_parameters(self.definitions, resource_type, self.further)
            self._types[resource_type] = found
        return found

    def codings(self, value_set: str) -> frozenset[tuple[str, str]] | None:
        """The (system, code) of a value set, None where they cannot be listed."""
        return self.definitions.codings(value_set)

    def extend(self, further: Further) -> frozenset[str]:
        """From now on these stand beside the parameters of the definitions, and no others. Gives back the
        types that are looked at anew."""
        if further == self.further:
            return frozenset()
        either = (*self.further.parameters, *further.parameters)
        bases = frozenset(name for parameter in either for name in parameter.base)
        types = bases if bases.isdisjoint(RESOURCES) else self.resource_types
        self.further = further
        self._types = {name: each for name, each in self._types.items() if name not in types}
        return types

    def warnings(self, name: str) -> Iterator[str]:
        """Why a search may miss resources that names a parameter like this, with modifiers and chains."""
        if self.further.warnings:
            for part in _NAMES.split(name):
                if part in self.further.warnings:
                    yield self.further.warnings[part]


def compile_registry(definitions: Definitions) -> Registry:
    """The registry over the definitions."""
    return Registry(definitions)


def _type_parameters(definitions: Definitions, resource_type: str, further: Further) -> TypeParameters:
    ids = {**further.ids, **parameter_ids()} if further.ids else parameter_ids()
    parameters = parameters_of(definitions, resource_type, ids, further.parameters)
    for code in parameters.keys() & further.warnings.keys():
        parameters[code] = replace(parameters[code], warning=further.warnings[code])
    members = definitions.compartment("Patient").get(resource_type, ())
    joining = [parameters[code] for code in members if code in parameters]
    patient = _leading_patient(resource_type, parameters, joining)
    return TypeParameters(
        resource_type,
        parameters,
        next(filter(_has_one_date, _named(parameters, _DATES)), None),
        next(filter(_is_coded, _named(parameters, _CODES)), None),
        patient,
        patient is not None and _repeats(patient),
        tuple(dict.fromkeys(source for parameter in joining for source in parameter.sources)),
    )


def _named(parameters: Mapping[str, Parameter], codes: tuple[str, ...]) -> list[Parameter]:
    return [parameters[code] for code in codes if code in parameters]


def _leading_patient(
    resource_type: str, parameters: Mapping[str, Parameter], joining: list[Parameter]
) -> Parameter | None:
    """The parameter whose values the patient column holds; a Patient is in its own compartment alone.

    Where it may hold several values, the further patients stand in compartment_index beside those of other
    parameters, so then it must be the only one that joins a compartment.
    """
    if resource_type == "Patient":
        return None
    joined = {parameter.keys for parameter in joining}
    for parameter in (*_named(parameters, _PATIENTS), *joining):
        if parameter.keys in joined and (not _repeats(parameter) or len(joined) == 1):
            return parameter
    return None


def _repeats(parameter: Parameter) -> bool:
    elements = {source.path.element for source in parameter.sources}
    return len(elements) > 1 or any(source.repeats for source in parameter.sources)


def _has_one_date(parameter: Parameter) -> bool:
    return parameter.type == "date" and bool(parameter.sources) and not _repeats(parameter)


def _is_coded(parameter: Parameter) -> bool:
    return bool(parameter.sources) and all(
        source.data_type in ("CodeableConcept", "Coding") for source in parameter.sources
    )
