"""Answers to v3 queries: searched with the caller's own rights, told in v3.

A query needs, beside the right to send, the right to search the types that answer it.
"""

from dataclasses import dataclass
from typing import Any

from adapters.hl7v2.context import Context
from adapters.hl7v2.translate import time_zone
from adapters.trees.element import Element
from adapters.trees.parse import parse
from adapters.v3.acknowledge import acknowledgement
from adapters.v3.answer import control_act
from adapters.v3.envelope import unwrapped
from adapters.v3.interaction import CONTINUATIONS, QUERIES
from adapters.v3.query import Search, searches
from adapters.v3.registry_answer import ACKNOWLEDGED
from adapters.v3.registry_query import continuation, initial_quantity
from adapters.v3.translate import prepared
from exchange.fhirjson import loads
from exchange.hub import Hub
from exchange.inbound.asked_lately import asked_lately
from exchange.inbound.documents import DocumentEnvelope
from exchange.interactions.read import read
from exchange.interactions.request import Request
from exchange.interactions.search_type import search_type
from exchange.outcome import FhirError
from exchange.trust.grant import Grant
from exchange.trust.refusal import InsufficientScope

Json = dict[str, Any]
_MOST = "200"


@dataclass(frozen=True, slots=True)
class _Page:
    """`found` of `total`, after `before` others; `around` what it refers to, by `Type/id`; `contents` the
    bytes of documents that are retrieved; `name` what the query is called."""

    found: list[Json]
    around: dict[str, Json]
    contents: dict[str, str]
    total: int
    before: int
    name: str


async def answered_query(hub: Hub, grant: Grant, envelope: DocumentEnvelope) -> str:
    """The answer to a query: AE where it may not be asked or asks for nothing."""
    asked = envelope.interaction
    try:
        page = await _found(hub, grant, envelope)
    except InsufficientScope as error:
        return _told(hub, envelope, "AE", [("", f"forbidden: {error}")], "")
    except FhirError as error:
        return _told(hub, envelope, "AE", [("", issue.diagnostics) for issue in error.issues], "")
    if page is None:
        return _told(hub, envelope, "AA", (), "")
    around, contents, total = page.around, page.contents, page.total
    act = control_act(page.found, contents, asked.message_id[1], around, envelope.service, total, page.before)
    return _told(hub, envelope, "AA", (), act, page.name)


async def _found(hub: Hub, grant: Grant, envelope: DocumentEnvelope) -> _Page | None:
    """What fits, as far as this page goes; None where no further page is wanted."""
    request = unwrapped(parse(envelope.raw, envelope.charset))
    if request is None:
        raise FhirError("invalid", "there is no query in it")
    root, start = prepared(request.tree).root, 0
    most = initial_quantity(root)
    if root.name in CONTINUATIONS:
        wanted = continuation(root)
        if wanted is not None and wanted.is_ended:
            return None
        before = await asked_lately(hub, envelope.sender, wanted.query) if wanted is not None else None
        if before is None or wanted is None:
            raise FhirError("not-found", "no such query was asked lately")
        root, start = prepared(before).root, wanted.start
        most = wanted.most or initial_quantity(root)
    found, around = await _matches(hub, grant, envelope, root)
    shown = found[start : start + most if most else None]
    contents: dict[str, str] = {}
    if root.name == "RCMR_IN000031UV01":
        for document in shown:
            if data := await _content(hub, grant, document):
                contents[document["id"]] = data
    return _Page(shown, around, contents, len(found), start, root.name)


async def _matches(
    hub: Hub, grant: Grant, envelope: DocumentEnvelope, root: Element
) -> tuple[list[Json], dict[str, Json]]:
    """What fits, once each; what it refers to, by `Type/id`."""
    context = Context(envelope.hospital, time_zone(envelope.hospital.timezone), {})
    asked = searches(root, context, envelope.service)
    if not asked:
        raise FhirError("invalid", "the query names nothing to look for")
    matches: dict[str, Json] = {}
    around: dict[str, Json] = {}
    for each in asked:
        for mode, resource in await _searched(hub, grant, each):
            of_mode = matches if mode == "match" else around
            of_mode[f"{resource['resourceType']}/{resource['id']}"] = resource
    return list(matches.values()), around


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


def _told(
    hub: Hub, envelope: DocumentEnvelope, code: Any, details: Any, content: str, query: str = ""
) -> str:
    asked = envelope.interaction
    number = f"Q{envelope.sha256.hex()[:19]}"
    name = QUERIES.get(query, ACKNOWLEDGED)
    return acknowledgement(
        code, asked.message_id, asked.sender, asked.receiver, number, hub.clock(), details, name, content
    )
