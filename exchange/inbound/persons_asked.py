"""The persons that a query asks for, by numbers or by demographics, whatever form it came in. Named SQL.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-9.html · https://profiles.ihe.net/ITI/TF/Volume2/ITI-21.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.fault import UNKNOWN_KEY_IDENTIFIER
from adapters.hl7v2.functions.identifiers import universal_uri
from adapters.hl7v2.query import Number, Query
from adapters.hospitals.hospital import Hospital, slug
from exchange.crossref import current_identifiers, identities, is_known_domain, of_domains
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.demographics_query import Sought, hits, of_names, sought_from_query
from exchange.interactions.search_type import page_of
from exchange.lookups import Identity
from exchange.search.query.parse import parse
from exchange.store.connection import Connection
from exchange.store.packing import unpack
from exchange.store.types import type_number

Resource = dict[str, Any]

MOST: Final = 100

Found = tuple[Identity, list[Resource]]
"""A person, and those of its identifiers that are asked for."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why nobody can be meant: a fault for each domain that is not known, or for the number."""

    faults: Sequence[Fault]


# The systems of one authority's numbers, of whatever type: what follows $1 is the type.
OF_AUTHORITY: Final = """
SELECT system FROM mpi_domain
WHERE starts_with(system, $1) AND strpos(substr(system, length($1) + 1), '/') = 0 ORDER BY system
"""

# The identities of some Patients, with their own Patient; a Patient that nobody linked is its own.
PERSONS: Final = """
SELECT DISTINCT ON (identity) identity, t.body, array_agg(h.id) OVER (PARTITION BY identity) AS ids
FROM (
    SELECT i.id, coalesce(p.enterprise_id, i.id) AS identity, r.merged_into
    FROM unnest($1::text[]) AS i (id)
    LEFT JOIN mpi_record r ON r.patient_id = i.id
    LEFT JOIN mpi_link l ON l.record = r.record AND l.valid_to IS NULL AND l.recorded_to IS NULL
    LEFT JOIN mpi_person p ON p.person = l.person
) h JOIN resource t ON t.type = $2 AND t.id = h.identity AND t.body IS NOT NULL
WHERE h.merged_into IS NULL
ORDER BY identity
"""


async def asked_persons(
    hub: Hub, connection: Connection, hospital: Hospital, query: Query
) -> list[Found] | Unknown:
    """All that are meant, in a steady order."""
    place = "QPD-4" if query.source is not None else "QPD-8"
    known = [await _known(hub, connection, hospital, domain) for domain in query.domains]
    unknown = [number for number, systems in enumerate(known, 1) if not systems]
    if unknown:
        return Unknown([_unknown("the domain is not known", f"{place}[{number}]") for number in unknown])
    if query.source is not None:
        found = await _cross_referenced(hub, connection, hospital, query.source)
    else:
        found = await _persons(hub, connection, hospital, query)
    if isinstance(found, Fault):
        return Unknown([found])
    wanted = [system for systems in known for system in systems]
    told = [(each, _identifiers(hub, each, wanted)) for each in found]
    return [(each, numbers) for each, numbers in told if numbers or not wanted]


async def _cross_referenced(
    hub: Hub, connection: Connection, hospital: Hospital, source: Number
) -> list[Identity] | Fault:
    known = await _known(hub, connection, hospital, source)
    systems = known or (system_of(hub, hospital, source),)
    found = await identities(hub, connection, [(system, source.value) for system in systems])
    if len(found) == 1:
        return found
    if found:
        told = "several persons have this number, and a human has to decide whether they are one"
        return _unknown(told, "QPD-3[1].1")
    if not known:
        return _unknown("the domain is not known", "QPD-3[1].4")
    return _unknown("nobody has this number", "QPD-3[1].1")


async def _persons(
    hub: Hub, connection: Connection, hospital: Hospital, query: Query
) -> list[Identity] | Fault:
    sought = sought_from_query(query)
    narrowed: set[str] | None = None
    for (value, authority), at_mother in ((sought.number, False), (sought.mothers, True)):
        if not value and not authority:
            continue
        asked = Number("", authority, authority, "")
        systems = await _known(hub, connection, hospital, asked) if authority else ()
        if authority and not systems:
            return _unknown("the domain is not known", "QPD-3")
        ids = await _having(hub, connection, systems, value, at_mother)
        narrowed = ids if narrowed is None else narrowed & ids
    for place, number in enumerate(query.numbers, 1):
        systems = await _known(hub, connection, hospital, number)
        if not systems:
            return _unknown("the domain is not known", f"QPD-3[{place}].4")
        ids = await _having(hub, connection, systems, number.value, False)
        narrowed = ids if narrowed is None else narrowed & ids
    if sought.mother:
        ids = await _children(hub, connection, sought)
        narrowed = ids if narrowed is None else narrowed & ids
    if sought.search or sought.names:
        met = {str(each["id"]) for each in await hits(hub, connection, sought, query.algorithm)}
        by_search = await _identities_of(connection, met)
        if narrowed is None:
            return by_search
        wanted = {each.id for each in await _identities_of(connection, narrowed)}
        return [each for each in by_search if each.id in wanted]
    return await _identities_of(connection, narrowed or ())


async def _having(
    hub: Hub, connection: Connection, systems: Sequence[str], value: str, at_mother: bool
) -> set[str]:
    """The Patients that have this number in one of the systems, or in any if none is named; or whose mother
    has it."""
    aliases = [alias for system in systems for alias in hub.domains.aliases(system)]
    tokens = ",".join(f"{each}|{value}" for each in aliases) or value
    name = "_has:RelatedPerson:patient:identifier" if at_mother else "identifier"
    query = parse(hub.search, "Patient", [(name, tokens), ("_count", str(MOST))], "strict")
    bodies = (await page_of(connection, query)).bodies
    return {str(each["id"]) for each in map(loads, bodies) if each.get("active") is not False}


async def _children(hub: Hub, connection: Connection, sought: Sought) -> set[str]:
    """The Patients whose mother, known by her number, has this name."""
    mothers = await hits(hub, connection, of_names(sought.mother), "")
    numbers = {
        (each["system"], each["value"])
        for mother in mothers[:MOST]
        for each in current_identifiers(mother)
        if each.get("system")
    }
    found: set[str] = set()
    for system, value in sorted(numbers)[:MOST]:
        found |= await _having(hub, connection, (system,), value, True)
    return found


async def _identities_of(connection: Connection, ids: Sequence[str] | set[str]) -> list[Identity]:
    rows = await connection.fetch(PERSONS, sorted(ids), type_number("Patient"))
    return [Identity(row["identity"], loads(unpack(row["body"])), tuple(row["ids"])) for row in rows]


def _identifiers(hub: Hub, identity: Identity, systems: Sequence[str]) -> list[Resource]:
    return of_domains(hub.domains, current_identifiers(identity.patient), systems)


def system_of(hub: Hub, hospital: Hospital, number: Number) -> str:
    """What FHIR calls the authority, as the translation of this hospital's messages does."""
    for name in (number.universal, number.namespace):
        if name and (domain := hub.domains.of(name)) is not None:
            return domain.system
    if number.universal and (uri := universal_uri(number.universal, number.kind)):
        return uri
    if known := hospital.systems.get(number.namespace):
        return known
    own = {hospital.id.casefold(), hospital.name.casefold(), *map(str.casefold, hospital.facilities)}
    names = () if number.namespace.casefold() in own or not number.namespace else (number.namespace,)
    return hospital.identifier_system(*names, number.type or "MR")


async def _known(hub: Hub, connection: Connection, hospital: Hospital, number: Number) -> tuple[str, ...]:
    """The systems of the authority that somebody has given numbers of: as this hospital calls it, else as
    that of the hospital of this name. The authority is the domain (IHE): where no type of number is named,
    or none that was given, they are its systems of all types."""
    other = Hospital(slug(number.namespace), number.namespace, hospital.base)
    named = (system_of(hub, hospital, number), other.identifier_system(number.type or "MR"))
    for system in named:
        if (number.type or not hub.domains.is_own(system)) and await is_known_domain(hub, connection, system):
            return (system,)
    for system in named:
        if hub.domains.is_own(system):
            rows = await connection.fetch(OF_AUTHORITY, f"{system.rpartition('/')[0]}/")
            if rows:
                return tuple(row["system"] for row in rows)
    return ()


def _unknown(diagnostics: str, address: str) -> Fault:
    return Fault(UNKNOWN_KEY_IDENTIFIER, diagnostics, address)
