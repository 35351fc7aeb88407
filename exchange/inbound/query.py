"""Answers to QBP^Q22 (PDQ, ITI-21) and QBP^Q23 (PIX, ITI-9): persons of the patient index, as they are now.

A query is not kept: it changes nothing, and it can be asked again.
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.fault import DATA_TYPE_ERROR, UNKNOWN_KEY_IDENTIFIER
from adapters.hl7v2.functions.identifiers import universal_uri
from adapters.hl7v2.parse import Message
from adapters.hl7v2.pid import pid_from_patient
from adapters.hl7v2.query import Answer, Number, Query, query_from_message, response
from adapters.hospitals.hospital import Hospital, slug
from exchange.crossref import current_identifiers, identities, is_known_domain, of_domains
from exchange.domains import Domains
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.demographics_query import Sought, hits, of_names, sought_from_query
from exchange.inbound.envelope import Envelope
from exchange.interactions.search_type import page_of
from exchange.lookups import Identity
from exchange.outcome import FhirError
from exchange.search.query.parse import parse
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from exchange.store.packing import unpack
from exchange.store.types import type_number

Resource = dict[str, Any]

MOST: Final = 100

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


async def answered(hub: Hub, envelope: Envelope) -> bytes:
    """The response, in the character set of the query."""
    message = envelope.message
    assert isinstance(message, Message)
    query, faults = query_from_message(message)
    if query is None or faults:
        answer = _refused(faults)
    else:
        try:
            async with hub.pool.acquire() as connection:
                answer = await _answer(hub, connection, envelope, message, query)
        except FhirError as error:
            told = "; ".join(issue.expression for issue in error.issues)
            answer = _refused([Fault(DATA_TYPE_ERROR, f"this cannot be asked: {told}", "QPD-3")])
    control_id = f"R{envelope.sha256.hex()[:19]}"
    return response(message, answer, control_id, hub.clock()).encode(envelope.codec, "replace")


def is_query(envelope: Envelope) -> bool:
    """A query that can be read."""
    is_read = isinstance(envelope.message, Message) and not envelope.faults
    return is_read and envelope.message_type.startswith("QBP")


async def _answer(
    hub: Hub, connection: Connection, envelope: Envelope, message: Message, query: Query
) -> Answer:
    systems = []
    place = "QPD-4" if query.source is not None else "QPD-8"
    for number, domain in enumerate(query.domains, 1):
        system = await _known(hub, connection, envelope, domain)
        if not system:
            return _refused([_unknown("the domain is not known", f"{place}[{number}].4")])
        systems.append(system)
    if query.source is not None:
        found = await _cross_referenced(hub, connection, envelope, query.source)
        if isinstance(found, Fault):
            return _refused([found])
    else:
        found = await _persons(hub, connection, envelope, query)
        if isinstance(found, Fault):
            return _refused([found])
    told = [(each, _identifiers(hub, each, systems)) for each in found]
    told = [(each, numbers) for each, numbers in told if numbers or not systems]
    return await _page(hub, connection, message, query, told)


async def _page(
    hub: Hub,
    connection: Connection,
    message: Message,
    query: Query,
    told: Sequence[tuple[Identity, list[Resource]]],
) -> Answer:
    most = min(query.most or MOST, MOST)
    shown = told[query.start : query.start + most]
    persons = [await _pid(hub, connection, message, query, *each) for each in shown]
    end = query.start + len(shown)
    more = end if end < len(told) else None
    return Answer("AA", "OK" if told else "NF", persons, (), len(told), more)


async def _cross_referenced(
    hub: Hub, connection: Connection, envelope: Envelope, source: Number
) -> list[Identity] | Fault:
    known = await _known(hub, connection, envelope, source)
    system = known or _system(hub, envelope, source)
    found = await identities(hub, connection, [(system, source.value)])
    if len(found) == 1:
        return found
    if not found and not known:
        return _unknown("the domain is not known", "QPD-3[1].4")
    return _unknown("no one person has this number", "QPD-3[1].1")


async def _persons(
    hub: Hub, connection: Connection, envelope: Envelope, query: Query
) -> list[Identity] | Fault:
    sought = sought_from_query(query)
    narrowed: set[str] | None = None
    for (value, authority), at_mother in ((sought.number, False), (sought.mothers, True)):
        if not value and not authority:
            continue
        asked = Number("", authority, authority, "")
        system = await _known(hub, connection, envelope, asked) if authority else ""
        if authority and not system:
            return _unknown("the domain is not known", "QPD-3")
        ids = await _having(hub, connection, system, value, at_mother)
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


async def _having(hub: Hub, connection: Connection, system: str, value: str, at_mother: bool) -> set[str]:
    """The Patients that have this number, or whose mother has it."""
    systems = hub.domains.aliases(system) if system else ("",)
    tokens = ",".join(f"{each}|{value}" if each else value for each in systems)
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
        found |= await _having(hub, connection, system, value, True)
    return found


async def _identities_of(connection: Connection, ids: Sequence[str] | set[str]) -> list[Identity]:
    rows = await connection.fetch(PERSONS, sorted(ids), type_number("Patient"))
    return [Identity(row["identity"], loads(unpack(row["body"])), tuple(row["ids"])) for row in rows]


def _identifiers(hub: Hub, identity: Identity, systems: Sequence[str]) -> list[Resource]:
    return of_domains(hub.domains, current_identifiers(identity.patient), systems)


async def _pid(
    hub: Hub,
    connection: Connection,
    message: Message,
    query: Query,
    identity: Identity,
    identifiers: Sequence[Resource],
) -> list[str]:
    """All demographics for a Q22; of a Q23 the numbers only."""
    of = message.delimiters
    authority = _authority(hub.domains)
    if query.source is not None:
        return pid_from_patient({}, identifiers, of, authority)
    patient = await _completed(connection, identity.patient)
    names, numbers = await _mother(hub, connection, identity, patient)
    return pid_from_patient(patient, identifiers, of, authority, names, numbers)


async def _completed(connection: Connection, patient: Resource) -> Resource:
    """With what the index does not show of the hospitals' Patients."""
    ids = [_linked(link) for link in patient.get("link", ()) if link.get("type") == "seealso"]
    stored = await fetch(connection, [("Patient", id_) for id_ in ids]) if ids else []
    bodies = [loads(each.body) for each in stored if each is not None and each.body is not None]
    beside: Resource = {}
    for body in bodies:
        for name in ("communication", "extension", "multipleBirthInteger"):
            if name in body:
                beside.setdefault(name, body[name])
    return beside | patient


async def _mother(
    hub: Hub, connection: Connection, identity: Identity, patient: Resource
) -> tuple[list[Resource], list[Resource]]:
    """Her names and numbers: as told of the child, else as she is known by her number."""
    ids = [_linked(link) for link in patient.get("link", ()) if link.get("type") == "seealso"] or [
        identity.id
    ]
    asked = [("patient", ",".join(ids)), ("relationship", "MTH"), ("_count", "10")]
    page = await page_of(connection, parse(hub.search, "RelatedPerson", asked, "strict"))
    related = [loads(body) for body in page.bodies]
    numbers = [each for person in related for each in current_identifiers(person)]
    names = [name for person in related for name in person.get("name", ())]
    for extension in patient.get("extension", ()):
        if str(extension.get("url", "")).endswith("/patient-mothersMaidenName"):
            names.append(_name_from_text(str(extension.get("valueString", ""))))
    if not names and numbers:
        known = await identities(
            hub, connection, [(each.get("system", ""), each["value"]) for each in numbers]
        )
        names = [name for each in known for name in each.patient.get("name", ())]
    return names, numbers


def _name_from_text(text: str) -> Resource:
    """`MARY FOSTER` → FOSTER, MARY; a Chinese name stays whole."""
    given, _, family = text.rpartition(" ")
    return {"family": family, "given": given.split()} if given else {"family": family}


def _linked(link: Resource) -> str:
    reference: str = link.get("other", {}).get("reference", "")
    return reference.rpartition("/")[2]


def _system(hub: Hub, envelope: Envelope, number: Number) -> str:
    """What FHIR calls the authority, as the translation of this hospital's messages does."""
    for name in (number.universal, number.namespace):
        if name and (domain := hub.domains.of(name)) is not None:
            return domain.system
    if number.universal and (uri := universal_uri(number.universal, number.kind)):
        return uri
    hospital = envelope.hospital
    if known := hospital.systems.get(number.namespace):
        return known
    own = {hospital.id.casefold(), hospital.name.casefold(), *map(str.casefold, hospital.facilities)}
    names = () if number.namespace.casefold() in own or not number.namespace else (number.namespace,)
    return hospital.identifier_system(*names, number.type or "MR")


async def _known(hub: Hub, connection: Connection, envelope: Envelope, number: Number) -> str:
    """The system of the authority, if somebody has given numbers of it: as this hospital calls it, else as
    that of the hospital of this name."""
    hospital = envelope.hospital
    other = Hospital(slug(number.namespace), number.namespace, hospital.base)
    for system in (_system(hub, envelope, number), other.identifier_system(number.type or "MR")):
        if await is_known_domain(hub, connection, system):
            return system
    return ""


def _authority(domains: Domains) -> Any:
    def of(system: str) -> tuple[str, str, str]:
        if domain := domains.of(system):
            return domain.name, domain.oid or domain.uri, "ISO" if domain.oid else "URI"
        if system.startswith("urn:oid:"):
            return "", system.removeprefix("urn:oid:"), "ISO"
        return ("", system, "URI") if system else ("", "", "")

    return of


def _unknown(diagnostics: str, address: str) -> Fault:
    return Fault(UNKNOWN_KEY_IDENTIFIER, diagnostics, address)


def _refused(faults: Sequence[Fault]) -> Answer:
    return Answer("AE", "AE", (), faults)
