"""Answers to v3 queries: searched with the caller's own rights, told in v3.

A query needs, beside the right to send, the right to search the types that answer it.
"""

from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.translate import time_zone
from adapters.trees.parse import parse
from adapters.v3.acknowledge import acknowledgement
from adapters.v3.answer import control_act
from adapters.v3.envelope import unwrapped
from adapters.v3.interaction import CONTINUATIONS, QUERIES
from adapters.v3.query import Search, searches
from adapters.v3.translate import prepared
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.documents import DocumentEnvelope
from exchange.interactions.read import read
from exchange.interactions.request import Request
from exchange.interactions.search_type import search_type
from exchange.outcome import FhirError
from exchange.trust.grant import Grant
from exchange.trust.refusal import InsufficientScope

Json = dict[str, Any]
_MOST = "200"


async def answered_query(hub: Hub, grant: Grant, envelope: DocumentEnvelope) -> str:
    """The answer to a query: AE where it may not be asked or asks for nothing."""
    asked = envelope.interaction
    try:
        found, around, contents = await _found(hub, grant, envelope)
    except InsufficientScope as error:
        return _told(hub, envelope, "AE", [("", f"forbidden: {error}")], "")
    except FhirError as error:
        return _told(hub, envelope, "AE", [("", issue.diagnostics) for issue in error.issues], "")
    act = control_act(found, contents, asked.message_id[1], around, envelope.service)
    return _told(hub, envelope, "AA", (), act)


async def _found(
    hub: Hub, grant: Grant, envelope: DocumentEnvelope
) -> tuple[list[Json], dict[str, Json], dict[str, str]]:
    """What fits, once each; what it refers to, by `Type/id`; the bytes of documents that are retrieved."""
    request = unwrapped(parse(envelope.raw, envelope.charset))
    if request is None:
        raise FhirError("invalid", "there is no query in it")
    root = prepared(request.tree).root
    context = Context(envelope.hospital, time_zone(envelope.hospital.timezone), {})
    asked = searches(root, context, envelope.service)
    if root.name in CONTINUATIONS:
        raise FhirError("not-implemented", "an answer has no further page: all that is found is told at once")
    if not asked:
        raise FhirError("invalid", "the query names nothing to look for")
    matches: dict[str, Json] = {}
    around: dict[str, Json] = {}
    for each in asked:
        for mode, resource in await _searched(hub, grant, each):
            of_mode = matches if mode == "match" else around
            of_mode[f"{resource['resourceType']}/{resource['id']}"] = resource
    found = list(matches.values())
    contents: dict[str, str] = {}
    if root.name == "RCMR_IN000031UV01":
        for document in found:
            if data := await _content(hub, grant, document):
                contents[document["id"]] = data
    return found, around, contents


async def _searched(hub: Hub, grant: Grant, asked: Search) -> list[tuple[str, Json]]:
    """What was found, and beside it what the caller may read of the rest."""
    readable = grant.types("r")
    beside = ((name, said) for name, said, kind in asked.includes if readable is None or kind in readable)
    parameters = (*asked.parameters, *beside, ("_count", _MOST))
    request = Request("GET", grant, hub.base, {"type": asked.type}, parameters)
    response = await search_type(hub, request)
    bundle: Json = loads(response.body)
    told = ((entry.get("search", {}).get("mode"), entry["resource"]) for entry in bundle.get("entry", ()))
    return [(mode, resource) for mode, resource in told if mode in ("match", "include")]


async def _content(hub: Hub, grant: Grant, reference: Json) -> str:
    """The original document, in base64, as the registering message carries it."""
    for content in reference.get("content", ()):
        kind, _, id_ = str(content.get("attachment", {}).get("url", "")).partition("/")
        if kind == "Binary" and id_:
            headers = {"accept": "application/fhir+json"}
            response = await read(
                hub, Request("GET", grant, hub.base, {"type": kind, "id": id_}, headers=headers)
            )
            return str(loads(response.body).get("data", ""))
    return ""


def _told(hub: Hub, envelope: DocumentEnvelope, code: Any, details: Any, content: str) -> str:
    asked = envelope.interaction
    number = f"Q{envelope.sha256.hex()[:19]}"
    name = QUERIES.get(asked.name, "MCCI_IN000002UV01") if code == "AA" else "MCCI_IN000002UV01"
    return acknowledgement(
        code, asked.message_id, asked.sender, asked.receiver, number, hub.clock(), details, name, content
    )
