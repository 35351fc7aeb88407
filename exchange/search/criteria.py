"""One search parameter with its modifier and value, as a criterion.

https://hl7.org/fhir/R4/search.html#modifiers
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from exchange.fhirjson import dumps
from exchange.search.extract import Extraction
from exchange.search.leading import Registry, TypeParameters
from exchange.search.numbers import sought_units
from exchange.search.parameters import Parameter, Source
from exchange.search.query import (
    AnyOf,
    Comparison,
    Criterion,
    HasLeadingDate,
    Identifiers,
    Ids,
    LeadingDate,
    Not,
    PatientReferences,
    Patients,
    Present,
    Quantities,
    Ranges,
    Strings,
    Tokens,
    Updated,
)
from exchange.search.references import local_target, logical_path, relative
from exchange.search.text import normalised
from exchange.search.token import LONG, coded, identifier_value, of_system, present, salt, token
from exchange.search.values import (
    alternatives,
    date_comparison,
    number_comparison,
    refused,
    split,
    unescaped,
)
from mpi.keys import patient_key
from terminology.naming import canonical_system

# Resources of the shared directory are referred to by very many others.
_DIRECTORY = frozenset(
    ("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint")
)
_SIDE_TABLES = {
    "identifier": "identifier_index",
    "string": "string_index",
    "date": "date_index",
    "number": "number_index",
    "quantity": "quantity_index",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What searching needs to know of the hub: the registry, its own base, its zone, the time."""

    registry: Registry
    base: str
    zone: tzinfo
    now: Callable[[], datetime]


def search_of(extraction: Extraction, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Search:
    """The searching side of an extraction: both must agree on base and zone."""
    return Search(extraction.registry, extraction.surroundings.base, extraction.surroundings.zone, now)


@dataclass(frozen=True, slots=True)
class Asked:
    """A parameter as it was asked for: `name` with its modifier, as errors and chains show it."""

    name: str
    modifier: str
    value: str


def criterion(search: Search, of: TypeParameters, code: str, asked: Asked) -> Criterion:
    """The criterion. Raises SearchError for a parameter or modifier that is not supported."""
    parameter = of.parameters.get(code)
    if parameter is None:
        raise refused(asked.name, f"{of.resource_type} has no search parameter {code}.", "not-supported")
    if parameter.refusal:
        raise refused(asked.name, parameter.refusal, "not-supported")
    if asked.modifier == "missing" and code not in ("_id", "_lastUpdated"):
        return _missing(search, of, parameter, asked)
    if code == "_id":
        return _ids(asked)
    made = _BY_TYPE[parameter.type](search, of, parameter, asked)
    if made is None:
        raise refused(
            asked.name, f"The modifier :{asked.modifier} is not supported for {code}.", "not-supported"
        )
    return made


def _any(criteria: list[Criterion]) -> Criterion:
    return criteria[0] if len(criteria) == 1 else AnyOf(tuple(criteria))


def _ids(asked: Asked) -> Criterion:
    if asked.modifier:
        raise refused(asked.name, f"_id has no modifier :{asked.modifier}.", "not-supported")
    return Ids(tuple(map(unescaped, alternatives(asked.name, asked.value))))


def _missing(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    if asked.value not in ("true", "false"):
        raise refused(asked.name, f"{asked.name} is true or false.")
    there: list[Criterion] = []
    tokens = parameter.of_kind("token")
    if tokens:
        there.append(Tokens(tuple({token(s.key, value) for s in tokens for value in _presence(search, s)})))
    if of.date is not None and parameter.keys == of.date.keys:
        there.append(HasLeadingDate())
    else:
        for kind, table in _SIDE_TABLES.items():
            if numbers := _numbers(parameter, kind):
                there.append(Present(table, numbers))
    return Not(_any(there)) if asked.value == "true" else _any(there)


def _presence(search: Search, source: Source) -> tuple[str, ...]:
    """The values that say an element is there; a reference says it by the type of its target."""
    if source.data_type != "Reference":
        return (present(),)
    if source.path.target is not None:
        return (present(source.path.target),)
    return (present(), *(present(name) for name in sorted(search.registry.resource_types)))


def _numbers(parameter: Parameter, kind: str) -> tuple[int, ...]:
    return tuple(sorted({source.number for source in parameter.of_kind(kind)}))


def _token(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion | None:
    if asked.modifier not in ("", "not"):
        return None
    values = [_system_and_code(asked, value) for value in alternatives(asked.name, asked.value)]
    found: list[Criterion] = []
    if numbers := _numbers(parameter, "identifier"):
        found += _identifiers(parameter, numbers, values)
    if sources := parameter.of_kind("token"):
        found.append(_coded(search, of, sources, values))
    return Not(_any(found)) if asked.modifier == "not" else _any(found)


def _system_and_code(asked: Asked, value: str) -> tuple[str | None, str]:
    parts = [unescaped(part) for part in split(value, "|")]
    if len(parts) > 2 or parts == ["", ""]:
        raise refused(asked.name, f"{asked.name} needs code, system|code, system| or |code.")
    return (None, parts[0]) if len(parts) == 1 else (canonical_system(parts[0]), parts[1])


def _identifiers(
    parameter: Parameter, numbers: tuple[int, ...], values: list[tuple[str | None, str]]
) -> list[Criterion]:
    found: list[Criterion] = []
    whole = tuple((system, identifier_value(value)) for system, value in values if value)
    if whole:
        found.append(Identifiers(numbers, whole))
    systems = [system for system, value in values if not value and system]
    if systems:
        keys = {source.key for source in parameter.of_kind("identifier")}
        found.append(Tokens(tuple(token(key, of_system(system)) for key in keys for system in systems)))
    return found


def _coded(
    search: Search, of: TypeParameters, sources: tuple[Source, ...], values: list[tuple[str | None, str]]
) -> Tokens:
    leads = of.code is not None and {source.key for source in sources} == of.code.keys
    with_system = all(system is not None and code for system, code in values)
    hashes = tuple(
        dict.fromkeys(
            token(source.key, _token_value(search, source, *value)) for value in values for source in sources
        )
    )
    return Tokens(
        hashes,
        hashes if leads and with_system else (),
        needles=tuple(dumps(code) for _, code in values) if _has_needles(sources, values) else (),
    )


def _token_value(search: Search, source: Source, system: str | None, code: str) -> str:
    """What is hashed. An element without a place for a system is asked for as `|code`, or in the system
    that its value set takes the code from."""
    if system is None:
        return code
    if not code:
        return of_system(system)
    if source.data_type in ("CodeableConcept", "Coding"):
        return coded(system, code)
    implied = search.registry.codings(source.value_set) if source.value_set else None
    return code if not system or (implied and (system, code) in implied) else coded(system, code)


def _has_needles(sources: tuple[Source, ...], values: list[tuple[str | None, str]]) -> bool:
    return all(code for _, code in values) and not any(
        source.data_type in ("boolean", "exists", "canonical") for source in sources
    )


def _uri(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion | None:
    if asked.modifier:
        return None
    values = [unescaped(value) for value in alternatives(asked.name, asked.value)]
    return Tokens(tuple(token(key, value) for value in values for key in sorted(parameter.keys)))


def _string(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion | None:
    values = tuple(unescaped(value) for value in alternatives(asked.name, asked.value))
    numbers = _numbers(parameter, "string")
    if asked.modifier == "exact":
        return Strings(numbers, "exact", values)
    if asked.modifier not in ("", "contains"):
        return None
    plain = tuple(normalised(value) for value in values)
    if not all(plain):
        raise refused(asked.name, f"{asked.name} has an empty value.")
    return Strings(numbers, "contains" if asked.modifier else "prefix", plain)


def _date(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion | None:
    if asked.modifier:
        return None
    now = search.now()
    comparisons = tuple(
        date_comparison(asked.name, value, search.zone, now)
        for value in alternatives(asked.name, asked.value)
    )
    if parameter.code == "_lastUpdated":
        return Updated(comparisons)
    if of.date is not None and parameter.keys == of.date.keys:
        return LeadingDate(comparisons, tuple(token(key, LONG) for key in sorted(parameter.keys)))
    return Ranges("date_index", _numbers(parameter, "date"), comparisons)


def _number(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion | None:
    if asked.modifier:
        return None
    values = alternatives(asked.name, asked.value)
    comparisons = tuple(number_comparison(asked.name, value) for value in values)
    return Ranges("number_index", _numbers(parameter, "number"), comparisons)


def _quantity(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion | None:
    if asked.modifier:
        return None
    numbers = _numbers(parameter, "quantity")
    return _any(
        [
            Quantities(numbers, *_comparison_and_units(asked, value))
            for value in alternatives(asked.name, asked.value)
        ]
    )


def _comparison_and_units(asked: Asked, value: str) -> tuple[Comparison, tuple[int, ...]]:
    parts = [unescaped(part) for part in split(value, "|")]
    if len(parts) not in (1, 3):
        raise refused(asked.name, f"{asked.name} needs a number, number|system|code or number||code.")
    comparison = number_comparison(asked.name, parts[0])
    if len(parts) == 1 or not parts[2]:
        if len(parts) == 3 and parts[1]:
            raise refused(asked.name, f"{asked.name} names a system of units but no unit.")
        return comparison, ()
    return comparison, sought_units(canonical_system(parts[1]) if parts[1] else None, parts[2])


def _reference(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion | None:
    if asked.modifier == "identifier":
        return _logical(parameter, asked)
    if asked.modifier and asked.modifier not in search.registry.resource_types:
        return None
    targets = reference_targets(search, parameter, asked)
    literals: list[str] = []
    patients: list[str] = []
    for value in alternatives(asked.name, asked.value):
        reference = relative(unescaped(value), search.base)
        for each in (reference,) if _is_whole(reference) else [f"{name}/{reference}" for name in targets]:
            target = local_target(each, search.base)
            _check_target(asked, targets, target)
            is_patient = target is not None and target[0] == "Patient" and "/_history/" not in each
            (patients if is_patient else literals).append(each)
    found: list[Criterion] = []
    if patients:
        found.append(_patients(search, of, parameter, patients))
    if literals:
        found.append(_literal(parameter, literals))
    return _any(found)


def _is_whole(reference: str) -> bool:
    return "/" in reference or ":" in reference


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


def _check_target(asked: Asked, targets: tuple[str, ...], target: tuple[str, str] | None) -> None:
    if target is not None and target[0] not in targets:
        raise refused(asked.name, f"{asked.name} never refers to {target[0]}.")


def _logical(parameter: Parameter, asked: Asked) -> Criterion:
    values = [_system_and_code(asked, value) for value in alternatives(asked.name, asked.value)]
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


def _literal(parameter: Parameter, literals: list[str]) -> Tokens:
    keys = sorted(parameter.keys)
    return Tokens(
        tuple(token(key, literal) for literal in literals for key in keys),
        narrow=not any(literal.partition("/")[0] in _DIRECTORY for literal in literals),
        needles=tuple(dumps(literal)[1:-1] for literal in literals),
    )


def _patients(search: Search, of: TypeParameters, parameter: Parameter, patients: list[str]) -> Criterion:
    keys = tuple(patient_key(reference.partition("/")[2]) for reference in patients)
    if of.is_patient(parameter):
        return Patients(keys, of.several_patients)
    salts = tuple(salt(key) for key in sorted(parameter.keys))
    hashes = tuple(token(key, reference) for key in sorted(parameter.keys) for reference in patients)
    joining = {source.key for source in of.compartment}
    return PatientReferences(keys, salts, hashes, member=parameter.keys <= joining)


Made = Callable[[Search, TypeParameters, Parameter, Asked], Criterion | None]

_BY_TYPE: Mapping[str, Made] = {
    "token": _token,
    "uri": _uri,
    "string": _string,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
    "reference": _reference,
}
