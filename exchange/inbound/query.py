"""Answers to QBP^Q22 (PDQ, ITI-21) and QBP^Q23 (PIX, ITI-9): persons of the patient index, as they are now.

A query is not kept: it changes nothing, and it can be asked again. Whoever goes on says from where, so that
to cancel a query (QCN^J01) leaves nothing to do.
"""

from collections.abc import Sequence
from typing import Any, Final

from adapters.hl7v2.acknowledge import Fault
from adapters.hl7v2.fault import DATA_TYPE_ERROR, REQUIRED_FIELD_MISSING
from adapters.hl7v2.parse import Message
from adapters.hl7v2.pid import pid_from_patient
from adapters.hl7v2.query import Answer, Query, query_from_message, response
from exchange.crossref import current_identifiers, identities
from exchange.domains import Domains
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.envelope import Envelope
from exchange.inbound.persons_asked import Found, Unknown, asked_persons
from exchange.interactions.search_type import page_of
from exchange.lookups import Identity
from exchange.outcome import FhirError
from exchange.search.query.parse import parse
from exchange.store.connection import Connection
from exchange.store.fetch import fetch

Resource = dict[str, Any]

MOST: Final = 100


async def answered(hub: Hub, envelope: Envelope) -> bytes:
    """The response, in the character set of the query."""
    message = envelope.message
    assert isinstance(message, Message)
    if envelope.message_type.startswith("QCN"):
        faults = (
            [] if message.text("QID-1") else [Fault(REQUIRED_FIELD_MISSING, "no query is named", "QID-1")]
        )
        return envelope.answer("AE" if faults else "AA", hub.clock(), faults)
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
    """A query that can be read, or the cancelling of one."""
    is_read = isinstance(envelope.message, Message) and not envelope.faults
    return is_read and envelope.message_type.startswith(("QBP", "QCN"))


async def _answer(
    hub: Hub, connection: Connection, envelope: Envelope, message: Message, query: Query
) -> Answer:
    told = await asked_persons(hub, connection, envelope.hospital, query)
    if isinstance(told, Unknown):
        return _refused(told.faults)
    return await _page(hub, connection, message, query, told)


async def _page(
    hub: Hub,
    connection: Connection,
    message: Message,
    query: Query,
    told: Sequence[Found],
) -> Answer:
    most = min(query.most or MOST, MOST)
    shown = told[query.start : query.start + most]
    persons = [await _pid(hub, connection, message, query, *each) for each in shown]
    end = query.start + len(shown)
    more = end if end < len(told) else None
    return Answer("AA", "OK" if told else "NF", persons, (), len(told), more)


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


def _authority(domains: Domains) -> Any:
    def of(system: str) -> tuple[str, str, str]:
        if domain := domains.of(system):
            return domain.name, domain.oid or domain.uri, "ISO" if domain.oid else "URI"
        if system.startswith("urn:oid:"):
            return "", system.removeprefix("urn:oid:"), "ISO"
        return (_hospital(domains, system), system, "URI") if system else ("", "", "")

    return of


def _hospital(domains: Domains, system: str) -> str:
    """The hospital by whose name its own numbers may be asked for."""
    hospital, _, kind = system.removeprefix(f"{domains.base}/sid/").partition("/")
    return hospital if domains.is_own(system) and kind and "/" not in kind else ""


def _refused(faults: Sequence[Fault]) -> Answer:
    return Answer("AE", "AE", (), faults)
