"""https://hl7.org/fhir/R4/messageheader-operation-process-message.html

Messages of the patient feed are processed (https://profiles.ihe.net/ITI/PMIR/ITI-93.html): as one transaction
with the rights of the client, who must belong to a hospital. A message that is processed is answered by a
message whose header says `ok`; one that is refused by an error's status, as ITI-93 has it, and what is wrong.
"""

from dataclasses import replace
from typing import Any, Final

from exchange.fhirjson import dumps
from exchange.hub import Hub
from exchange.interactions.batch import Respond
from exchange.interactions.request import Request, Response
from exchange.interactions.transaction import transaction
from exchange.negotiation import CONTENT_TYPES
from exchange.operations.patient_feed import EVENT, Feed, feed_of, transaction_of
from exchange.outcome import FhirError, rejection
from exchange.representation import aside

Resource = dict[str, Any]
_ALONE: Final = frozenset(("async", "response-url"))


async def process_message(hub: Hub, request: Request, respond: Respond) -> Response:
    """The message is processed before it is answered, and only once: the same again changes nothing."""
    for name, value in request.parameters:
        if name in _ALONE and value != "false":
            raise FhirError("invalid", "Messages are answered at once, to their sender", name)
    message = await aside(len(request.body), "json", request.read_body)
    if error := rejection(hub.check(message)):
        raise error
    feed = feed_of(message)
    if request.grant.hospital is None:
        raise FhirError("forbidden", "A feed is told by the client of a hospital")
    changes = transaction_of(feed, request.grant.hospital)
    headers = {**request.headers, "content-type": CONTENT_TYPES["json"]}
    told = replace(request, method="POST", body=dumps(changes), headers=headers, resource=None)
    await transaction(hub, told, told.read_bundle(), respond)
    return Response(200, dumps(_answer(hub, feed)))


def _answer(hub: Hub, feed: Feed) -> Resource:
    """As PMIR's profile of a response has it, which names no destination."""
    made: Resource = {
        "resourceType": "MessageHeader",
        "id": hub.new_id(),
        "eventUri": f"{EVENT}-response",
        "source": {"endpoint": f"{hub.base}/$process-message"},
        "response": {"identifier": feed.header.get("id", "unknown"), "code": "ok"},
    }
    entry = {"fullUrl": f"urn:uuid:{made['id']}", "resource": made}
    return {"resourceType": "Bundle", "id": hub.new_id(), "type": "message", "entry": [entry]}
