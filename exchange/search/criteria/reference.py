"""References: `id`, `Type/id`, an absolute URL, or by `:identifier`.

https://hl7.org/fhir/R4/search.html#reference
"""

from collections.abc import Mapping

from exchange.fhirjson import dumps
from exchange.search.criteria.asked import Asked, Made, Search, any_of
from exchange.search.criteria.text import text
from exchange.search.criteria.token import system_and_code
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter
from exchange.search.query.conditions import Tokens
from exchange.search.query.criterion import Criterion, PatientReferences, Patients
from exchange.search.query.values import alternatives, refused, unescaped
from exchange.search.value.references import local_target, logical_path, relative
from exchange.search.value.token import coded, salt, token
from mpi.keys import patient_key

# Resources of the shared directory are referred to by very many others.
_DIRECTORY = frozenset(
    ("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint")
)


def literal(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """The modifier, if there is one, is the type of the target."""
    literals: list[str] = []
    patients: list[str] = []
    for each, target in sought(search, parameter, asked):
        is_patient = target is not None and target[0] == "Patient" and "/_history/" not in each
        (patients if is_patient else literals).append(each)
    found: list[Criterion] = []
    if patients:
        found.append(_patients(of, parameter, patients))
    if literals:
        found.append(_literals(parameter, literals))
    return any_of(found)


def sought(search: Search, parameter: Parameter, asked: Asked) -> list[tuple[str, tuple[str, str] | None]]:
    """Each reference that is asked for, and what of ours it names; a bare id may be that of every type."""
    targets = reference_targets(search, parameter, asked)
    found: list[tuple[str, tuple[str, str] | None]] = []
    for value in alternatives(asked.name, asked.value):
        reference = relative(unescaped(value), search.base)
        whole = "/" in reference or ":" in reference
        for each in (reference,) if whole else [f"{name}/{reference}" for name in targets]:
            target = local_target(each, search.base)
            if target is not None and target[0] not in targets:
                raise refused(asked.name, f"{asked.name} never refers to {target[0]}.")
            found.append((each, target))
    return found


def reference_targets(search: Search, parameter: Parameter, asked: Asked) -> tuple[str, ...]:
    """The types that the parameter's reference may name, narrowed by a modifier."""
    filters = {source.path.target for source in parameter.sources}
    allowed = parameter.targets or tuple(sorted(search.registry.resource_types))
    if None not in filters:
        allowed = tuple(name for name in allowed if name in filters)
    if not asked.modifier:
        return allowed
    if asked.modifier not in allowed:
        raise refused(asked.name, f"{parameter.code} never refers to {asked.modifier}.")
    return (asked.modifier,)


def logical(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """`:identifier`: by the identifier that stands in the reference itself."""
    values = [system_and_code(asked.name, value) for value in alternatives(asked.name, asked.value)]
    if not all(code for _, code in values):
        raise refused(asked.name, f"{asked.name} needs value, system|value or |value.")
    keys = sorted({source.key for source in parameter.sources if source.data_type == "Reference"})
    return Tokens(
        tuple(
            token(logical_path(key), code if system is None else coded(system, code))
            for system, code in values
            for key in keys
        ),
        narrow=True,
        needles=tuple(dumps(code) for _, code in values),
    )


def _literals(parameter: Parameter, literals: list[str]) -> Tokens:
    keys = sorted(parameter.keys)
    return Tokens(
        tuple(token(key, reference) for reference in literals for key in keys),
        narrow=not any(reference.partition("/")[0] in _DIRECTORY for reference in literals),
        needles=tuple(dumps(reference)[1:-1] for reference in literals),
    )


def _patients(of: TypeParameters, parameter: Parameter, patients: list[str]) -> Criterion:
    keys = tuple(patient_key(reference.partition("/")[2]) for reference in patients)
    if of.is_patient(parameter):
        return Patients(keys, of.several_patients)
    salts = tuple(salt(key) for key in sorted(parameter.keys))
    hashes = tuple(token(key, reference) for key in sorted(parameter.keys) for reference in patients)
    joining = {source.key for source in of.compartment}
    return PatientReferences(keys, salts, hashes, member=parameter.keys <= joining)


MODIFIERS: Mapping[str, Made] = {"": literal, "identifier": logical, "text": text}
