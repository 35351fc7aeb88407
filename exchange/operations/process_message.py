"""https://hl7.org/fhir/R4/messageheader-operation-process-message.html

Messages of the patient feed are processed (https://profiles.ihe.net/ITI/PMIR/ITI-93.html): as one transaction
with the rights of the client, who must belong to a hospital. The answer is a message whose header says `ok`,
or, with the status of the error, `fatal-error` or `transient-error` (worth sending again) beside the
OperationOutcome. What is no message with a readable header is answered by its OperationOutcome alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.batch import Respond
from exchange.interactions.request import Request, Response
from exchange.interactions.transaction import transaction
from exchange.negotiation import CONTENT_TYPES
from exchange.operations.patient_feed import EVENT, feed_of, transaction_of
from exchange.outcome import FhirError, failure, operation_outcome, rejection
from exchange.representation import aside
from terminology.issue import Issue

Resource = dict[str, Any]
_ALONE: Final = frozenset(("async", "response-url"))
_TRANSIENT: Final = frozenset((409, 429, 503))


async def process_message(hub: Hub, request: Request, respond: Respond) -> Response:
    """The message is processed before it is answered, and only once: the same again changes nothing."""
    for name, value in request.parameters:
        if name in _ALONE and value != "false":
            raise FhirError("invalid", "Messages are answered at once, to their sender", name)
    message = await aside(len(request.body), "json", request.read_body)
    issues = hub.check(message)
    header = _header(message, issues)
    try:
        if error := rejection(issues):
            raise error
        await _processed(hub, request, message, respond)
    except Exception as error:
        if header is None:
            raise
        failed = failure(error)
        code = "transient-error" if failed.status in _TRANSIENT else "fatal-error"
        body = dumps(_answer(hub, header, code, operation_outcome(failed.issues)))
        return Response(failed.status, body, headers=failed.headers)
    assert header is not None
    return Response(200, dumps(_answer(hub, header, "ok", None)))


async def _processed(hub: Hub, request: Request, message: Resource, respond: Respond) -> None:
    feed = feed_of(message)
    if request.grant.hospital is None:
        raise FhirError("forbidden", "A feed is told by the client of a hospital")
    changes = transaction_of(feed, request.grant.hospital)
    headers = {**request.headers, "content-type": CONTENT_TYPES["json"]}
    told = replace(request, method="POST", body=dumps(changes), headers=headers, resource=None)
    await transaction(hub, told, told.read_bundle(), respond)


def _header(message: Resource, issues: Sequence[Issue]) -> Resource | None:
    """The header, if the message has one that an answer can be made of."""
    places = [each.expression for each in issues]
    if any(not each.startswith("Bundle.entry[") or each.startswith("Bundle.entry[0]") for each in places):
        return None
    entries = message.get("entry")
    first: Resource = entries[0].get("resource", {}) if message.get("type") == "message" and entries else {}
    return first if first.get("resourceType") == "MessageHeader" else None


def _answer(hub: Hub, header: Resource, code: str, outcome: Resource | None) -> Resource:
    response: Resource = {"identifier": header.get("id", "unknown"), "code": code}
    entries: list[Resource] = []
    if outcome is not None:
        name = f"urn:uuid:{hub.new_id()}"
        response["details"] = {"reference": name}
        entries = [{"fullUrl": name, "resource": outcome}]
    made: Resource = {
        "resourceType": "MessageHeader",
        "id": hub.new_id(),
        **_event(header),
        "destination": [{"endpoint": header["source"]["endpoint"]}],
        "source": {"endpoint": f"{hub.base}/$process-message"},
        "response": response,
    }
    entry = {"fullUrl": f"urn:uuid:{made['id']}", "resource": made}
    return {"resourceType": "Bundle", "id": hub.new_id(), "type": "message", "entry": [entry, *entries]}


def _event(header: Resource) -> Resource:
    """A feed's answer has an event of its own; that of another message, its own."""
    if header.get("eventUri") == EVENT:
        return {"eventUri": f"{EVENT}-response"}
    return {name: header[name] for name in ("eventUri", "eventCoding") if name in header}
