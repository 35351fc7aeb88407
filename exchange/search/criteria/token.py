"""Tokens: `code`, `system|code`, `system|`, `|code`; identifiers likewise.

https://hl7.org/fhir/R4/search.html#token
"""

from collections.abc import Mapping

from exchange.fhirjson import dumps
from exchange.search.criteria import codes
from exchange.search.criteria.asked import Asked, Made, Search, any_of, numbers_of
from exchange.search.criteria.text import text
from exchange.search.definition.leading import TypeParameters
from exchange.search.definition.source import Parameter, Source
from exchange.search.query.conditions import Identifiers, Tokens
from exchange.search.query.criterion import Criterion, Not
from exchange.search.query.values import alternatives, refused, split, unescaped
from exchange.search.value.token import coded, identifier_value, of_system, token, typed
from terminology.naming import canonical_system

SystemAndCode = tuple[str | None, str]
"""The canonical system, `` for none, None for any; and the code, `` for any."""


def one_of(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    values = [system_and_code(asked.name, value) for value in alternatives(asked.name, asked.value)]
    found: list[Criterion] = []
    if numbers := numbers_of(parameter, "identifier"):
        found += _identifiers(search, parameter, numbers, values)
    if sources := parameter.of_kind("token"):
        found.append(_coded(search, of, sources, values))
    return any_of(found)


def none_of(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """No value of the element is one of these, so that it may be missing too."""
    return Not(one_of(search, of, parameter, asked))


def system_and_code(name: str, value: str) -> SystemAndCode:
    """One value, still escaped."""
    parts = [unescaped(part) for part in split(value, "|")]
    if len(parts) > 2 or parts == ["", ""]:
        raise refused(name, f"{name} needs code, system|code, system| or |code.")
    return (None, parts[0]) if len(parts) == 1 else (canonical_system(parts[0]), parts[1])


def _identifiers(
    search: Search, parameter: Parameter, numbers: tuple[int, ...], values: list[SystemAndCode]
) -> list[Criterion]:
    found: list[Criterion] = []
    known = [(each, value) for system, value in values for each in _systems(search, system)]
    whole = tuple((system, identifier_value(value)) for system, value in known if value)
    if whole:
        found.append(Identifiers(numbers, whole))
    systems = [system for system, value in known if not value and system]
    if systems:
        keys = {source.key for source in parameter.of_kind("identifier")}
        found.append(Tokens(tuple(token(key, of_system(system)) for key in keys for system in systems)))
    return found


def _systems(search: Search, system: str | None) -> tuple[str | None, ...]:
    """All that an identifier domain is called, whichever of its names was asked for."""
    return tuple(map(canonical_system, search.aliases(system))) if system else (system,)


def _coded(
    search: Search, of: TypeParameters, sources: tuple[Source, ...], values: list[SystemAndCode]
) -> Tokens:
    leads = of.code is not None and {source.key for source in sources} == of.code.keys
    with_system = all(system is not None and code for system, code in values)
    hashes = tuple(
        dict.fromkeys(
            token(source.key, token_value(search, source, *value)) for value in values for source in sources
        )
    )
    return Tokens(
        hashes,
        hashes if leads and with_system else (),
        needles=tuple(dumps(code) for _, code in values) if _has_needles(sources, values) else (),
    )


def token_value(search: Search, source: Source, system: str | None, code: str) -> str:
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


def _has_needles(sources: tuple[Source, ...], values: list[SystemAndCode]) -> bool:
    return all(code for _, code in values) and not any(
        source.data_type in ("boolean", "exists", "canonical") for source in sources
    )


def of_type(search: Search, of: TypeParameters, parameter: Parameter, asked: Asked) -> Criterion:
    """`system|code|value`: an identifier whose type has this coding."""
    keys = sorted({source.key for source in parameter.of_kind("identifier")})
    if not keys:
        raise refused(
            asked.name, f":of-type is for identifiers, and {parameter.code} is none.", "not-supported"
        )
    found = []
    for each in alternatives(asked.name, asked.value):
        parts = [unescaped(part) for part in split(each, "|")]
        if len(parts) != 3 or not all(parts):
            raise refused(asked.name, f"{asked.name} needs system|code|value.")
        found.append((canonical_system(parts[0]), parts[1], parts[2]))
    return Tokens(
        tuple(token(key, typed(*each)) for key in keys for each in found),
        narrow=True,
        needles=tuple(dumps(value) for _, _, value in found),
    )


MODIFIERS: Mapping[str, Made] = {
    "": one_of,
    "not": none_of,
    "of-type": of_type,
    "text": text,
    **codes.MODIFIERS,
}
