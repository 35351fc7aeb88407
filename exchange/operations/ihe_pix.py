"""https://profiles.ihe.net/ITI/PIXm/ITI-83.html

| parameter | |
|---|---|
| `sourceIdentifier` | whose other identifiers are asked for: `system\\|value` (a token, or an Identifier) |
| | or `[base]\\|Patient/[id]`, the id of a Patient here |
| `targetSystem` | only identifiers of these domains, and Patients that have one; `[base]` for Patients |

Of the Patients the enterprise Patient comes first, then those of the hospitals.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from exchange.crossref import (
    current_identifiers,
    is_known_domain,
    is_remembered_domain,
    looked_up,
    of_domains,
)
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.interactions.request import Request, Response
from exchange.lookups import Identity
from exchange.operations.asked import MANY, ONE, Asked
from exchange.operations.parts import Part, patient, told
from exchange.outcome import FhirError
from exchange.search.value.token import identifier_value
from exchange.store.connection import Connection
from exchange.store.fetch import fetch
from mpi.correction import UnknownIdentity, standing
from mpi.rows import enterprise_ids, known
from terminology.issue import Issue

Identifier = dict[str, Any]
Resource = dict[str, Any]

KNOWN: Final = {"sourceIdentifier": ONE, "targetSystem": MANY}


async def ihe_pix(hub: Hub, request: Request) -> Response:
    """The other identifiers of the person who has this one."""
    request.grant.require("Patient", "r")
    request.grant.require("Patient", "s")
    asked = Asked(request, KNOWN)
    source = _source(asked)
    targets = _targets(asked)
    identity = await _identity(hub, source)
    for target in targets:
        if not await _is_known(hub, target):
            raise FhirError.of("forbidden", _code_invalid("targetSystem not found", "targetSystem"))
    others = _others(hub, identity, source, targets)
    if not others and hub.base not in targets:
        return told([])
    made: list[Part] = [{"name": "targetIdentifier", "valueIdentifier": each} for each in others]
    ids = [identity.id, *await _records(hub, identity, targets)]
    same = source[1].removeprefix("Patient/") if source[0] == hub.base else ""
    return told([*made, *(each for id_ in ids if id_ != same for each in patient("targetId", id_))])


async def _records(hub: Hub, identity: Identity, targets: Sequence[str]) -> list[str]:
    """The hospitals' Patients that are this person, as far as the domains asked for are theirs."""
    links = [each for each in identity.patient.get("link", ()) if each.get("type") == "seealso"]
    ids = [str(each["other"]["reference"]).rpartition("/")[2] for each in links]
    stored = await asyncio.gather(*(hub.reader.read("Patient", id_) for id_ in ids))
    bodies = [loads(each.body) for each in stored if each is not None and each.body is not None]
    return [str(each["id"]) for each in bodies if _is_meant(hub, each, targets)]


def _is_meant(hub: Hub, record: Resource, targets: Sequence[str]) -> bool:
    if record.get("active") is False:
        return False
    numbers = current_identifiers(record)
    return not targets or hub.base in targets or bool(of_domains(hub.domains, numbers, targets))


def _others(
    hub: Hub, identity: Identity, source: tuple[str, str], targets: Sequence[str]
) -> list[Identifier]:
    """The person's identifiers in these domains, without the one asked by."""
    identifiers = of_domains(hub.domains, current_identifiers(identity.patient), targets)
    same = set(hub.domains.aliases(source[0]))
    return [
        each
        for each in identifiers
        if identifier_value(each["value"]) != identifier_value(source[1])
        or not same & set(hub.domains.aliases(each.get("system", "")))
    ]


async def _is_known(hub: Hub, system: str) -> bool:
    if is_remembered_domain(hub, system):
        return True
    async with hub.pool.acquire() as connection:
        return await is_known_domain(hub, connection, system)


async def _identity(hub: Hub, source: tuple[str, str]) -> Identity:
    found = await _here(hub, source[1]) if source[0] == hub.base else []
    found = found or await looked_up(hub, [source])
    if len(found) == 1:
        return found[0]
    if found:
        told_ = "Several persons have this identifier, and a human has to decide whether they are one"
        raise FhirError("conflict", told_, "sourceIdentifier")
    if not await _is_known(hub, source[0]):
        issues = _code_invalid("sourceIdentifier Assigning Authority not found", "sourceIdentifier")
        raise FhirError.of("invalid", issues)
    raise FhirError("not-found", "sourceIdentifier Patient Identifier not found", "sourceIdentifier")


async def _here(hub: Hub, reference: str) -> list[Identity]:
    """Of a Patient by its id: the identity that stands for it now; none of one that was merged away."""
    id_ = reference.removeprefix("Patient/")
    async with hub.pool.acquire() as connection:
        record = await known(connection, id_)
        if record is not None and record.merged_into is not None:
            return []
        name = record.enterprise_id if record is not None else await _standing(connection, id_)
        (stored,) = await fetch(connection, [("Patient", name)])
    if stored is None or stored.body is None:
        return []
    return [Identity(name, loads(stored.body), (id_,))]


async def _standing(connection: Connection, id_: str) -> str:
    """The identity that stands for this one, or the Patient itself if nobody linked it."""
    try:
        person = await standing(connection, id_)
    except UnknownIdentity:
        return id_
    return (await enterprise_ids(connection, [person]))[person]


def _code_invalid(diagnostics: str, expression: str) -> list[Issue]:
    return [Issue("error", "code-invalid", diagnostics, expression)]


def _source(asked: Asked) -> tuple[str, str]:
    found = asked.one("sourceIdentifier")
    if found is None:
        raise FhirError("invalid", "sourceIdentifier is required", "sourceIdentifier")
    if isinstance(found.value, dict):
        system, value = found.value.get("system"), found.value.get("value")
    elif isinstance(found.value, str):
        system, _, value = found.value.partition("|")
    else:
        system = value = None
    if not (isinstance(system, str) and isinstance(value, str) and system and value):
        raise FhirError("invalid", "sourceIdentifier is system|value", found.expression)
    return system, value


def _targets(asked: Asked) -> list[str]:
    listed = []
    for each in asked.all("targetSystem"):
        if not isinstance(each.value, str) or not each.value:
            raise FhirError("invalid", "targetSystem is a URI", each.expression)
        listed += each.value.split(",") if "," in each.value else [each.value]
    return listed
