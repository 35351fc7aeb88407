"""Queries of PIXV3 and PDQV3 (ITI-45, ITI-47) to the patient index, page by page.

https://profiles.ihe.net/ITI/TF/Volume2/ITI-45.html · https://profiles.ihe.net/ITI/TF/Volume2/ITI-47.html

Whoever goes on names the query, which is asked again with the rights of who goes on; to cancel one leaves
nothing to do.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from adapters.hl7v2.acknowledge import Code, Fault
from adapters.hl7v2.fault import DATA_TYPE_ERROR, REQUIRED_FIELD_MISSING, UNKNOWN_KEY_IDENTIFIER
from adapters.hl7v2.query import Query
from adapters.trees.element import Element
from adapters.trees.parse import parse
from adapters.v3.envelope import unwrapped
from adapters.v3.interaction import CONTINUATIONS, QUERIES
from adapters.v3.registry_answer import ACKNOWLEDGED, Page, Person, answered, control_act, written
from adapters.v3.registry_query import PDQ, PIX, continuation, places, query_id, registry_query
from exchange.hub import Hub
from exchange.inbound.asked_lately import asked_lately
from exchange.inbound.documents import DocumentEnvelope
from exchange.inbound.persons_asked import Found, Unknown, asked_persons, system_of
from exchange.outcome import FhirError
from exchange.trust.grant import Grant
from exchange.trust.refusal import InsufficientScope

Json = dict[str, Any]

MOST: Final = 100


def is_registry_query(envelope: DocumentEnvelope) -> bool:
    """A query for persons as IHE writes them, the next page of one, or a query for numbers in any form."""
    asked = envelope.interaction
    return asked.name == PIX or (asked.is_international and asked.name in (PDQ, *CONTINUATIONS))


async def answered_registry_query(hub: Hub, grant: Grant, envelope: DocumentEnvelope) -> str:
    """The answer, whatever became of the query."""
    request = unwrapped(parse(envelope.raw, envelope.charset))
    assert request is not None
    root = request.tree.root
    try:
        grant.require("Patient", "r")
        grant.require("Patient", "s")
        if root.name in CONTINUATIONS:
            return await _continued(hub, envelope, root)
        query, faults = registry_query(root)
        if faults:
            return _refused(hub, envelope, root, faults)
        return await _answered(hub, envelope, root, query)
    except InsufficientScope as error:
        return _acknowledged(hub, envelope, "AE", [Fault(DATA_TYPE_ERROR, f"forbidden: {error}")])
    except FhirError as error:
        told = "; ".join(issue.diagnostics for issue in error.issues)
        return _refused(hub, envelope, root, [Fault(DATA_TYPE_ERROR, f"this cannot be asked: {told}")])


async def _continued(hub: Hub, envelope: DocumentEnvelope, root: Element) -> str:
    wanted = continuation(root)
    if wanted is None:
        fault = Fault(REQUIRED_FIELD_MISSING, "no query is named", f"/{root.name}/controlActProcess")
        return _acknowledged(hub, envelope, "AE", [fault])
    if wanted.is_ended:
        return _acknowledged(hub, envelope, "AA", ())
    original = await asked_lately(hub, envelope.sender, wanted.query)
    if original is None or original.root.name not in (PIX, PDQ):
        told = f"/{root.name}/controlActProcess/queryContinuation/queryId"
        return _acknowledged(
            hub, envelope, "AE", [Fault(UNKNOWN_KEY_IDENTIFIER, "no such query was asked lately", told)]
        )
    query, _ = registry_query(original.root)
    following = replace(query, start=wanted.start, most=wanted.most or query.most)
    return await _answered(hub, envelope, original.root, following)


async def _answered(hub: Hub, envelope: DocumentEnvelope, root: Element, query: Query) -> str:
    async with hub.pool.acquire() as connection:
        found = await asked_persons(hub, connection, envelope.hospital, query)
    if isinstance(found, Unknown):
        where = places(root)
        faults = [replace(each, address=where.get(each.address, "")) for each in found.faults]
        return _refused(hub, envelope, root, faults)
    persons = [_person(hub, envelope, query, each) for each in found]
    if root.name == PIX:
        persons = [each for each in persons if each.ids]
    most = min(query.most or MOST, MOST)
    shown = persons[query.start : query.start + most]
    page = Page("OK" if persons else "NF", shown, len(persons), query.start)
    return _told(hub, envelope, root, "AA", (), page)


def _person(hub: Hub, envelope: DocumentEnvelope, query: Query, found: Found) -> Person:
    """All demographics for ITI-47; for ITI-45 the numbers only, without the one that was asked about."""
    identity, numbers = found
    told = [(_root(hub, str(each.get("system", ""))), str(each["value"])) for each in numbers]
    ids = [each for each in told if each[0]]
    wanted = [_root(hub, system_of(hub, envelope.hospital, each)) for each in query.domains]
    if query.source is None:
        having = {root for root, _ in ids}
        return Person(ids, identity.patient, [root for root in wanted if root and root not in having])
    asked = (_root(hub, system_of(hub, envelope.hospital, query.source)), query.source.value)
    return Person([each for each in ids if each != asked], {})


def _root(hub: Hub, system: str) -> str:
    """The OID of an identifier system; "" where it has none."""
    oids = [each for each in hub.domains.aliases(system) if each.startswith("urn:oid:")]
    return oids[0].removeprefix("urn:oid:") if oids else ""


def _refused(hub: Hub, envelope: DocumentEnvelope, root: Element, faults: Sequence[Fault]) -> str:
    return _told(hub, envelope, root, "AE", faults, Page("AE"))


def _told(
    hub: Hub, envelope: DocumentEnvelope, root: Element, code: Code, faults: Sequence[Fault], page: Page
) -> str:
    name = QUERIES[root.name]
    asked = root.first("controlActProcess", "queryByParameter")
    whole = written(asked) if asked is not None else ""
    custodian = envelope.interaction.devices[1][0]
    act = control_act(name, page, query_id(root), whole, custodian)
    return answered(name, envelope.interaction, envelope.sha256, hub.clock(), code, faults, act)


def _acknowledged(hub: Hub, envelope: DocumentEnvelope, code: Code, faults: Sequence[Fault]) -> str:
    return answered(ACKNOWLEDGED, envelope.interaction, envelope.sha256, hub.clock(), code, faults)
