"""Which message made which resources: one Provenance a message. Pure.

https://hl7.org/fhir/R4/provenance.html

A client finds what a message made by `Provenance?entity:identifier=<base>/sid/hl7v2-message|<SHA-256>`, the
hash of its bytes in hexadecimal.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapters.hl7v2.functions.urls import DATA_ABSENT_REASON
from adapters.hl7v2.heading import heading
from adapters.hl7v2.parse import Message
from adapters.hospitals.hospital import Hospital
from exchange.inbound.envelope import Envelope
from exchange.inbound.event_time import event_date_time

Resource = dict[str, Any]
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def message_system(base: str) -> str:
    """The identifier system of HL7 v2 messages; a value is the SHA-256 of the bytes, in hexadecimal."""
    return f"{base}/sid/hl7v2-message"


def provenance(
    envelope: Envelope, received: datetime | None, targets: Sequence[tuple[str, str]], base: str
) -> Resource:
    """The Provenance of a message, always the same one. `targets` are (type, id), at least one. Of a message
    that nobody received it says so."""
    identity = "\x1f".join([envelope.sender, envelope.control_id, envelope.sha256.hex()])
    system = message_system(base)
    resource: Resource = {
        "resourceType": "Provenance",
        "id": str(uuid5(NAMESPACE_URL, f"{system}/{identity}")),
        "target": [{"reference": f"{type_}/{id_}"} for type_, id_ in targets],
        **_recorded(received),
        "agent": [_agent("author", _hospital(envelope, targets, base))],
        "entity": [_source(system, envelope.sha256.hex())],
    }
    message = envelope.message
    if isinstance(message, Message):
        _add_header(resource, message, envelope.hospital)
    return resource


def _recorded(received: datetime | None) -> Resource:
    if received is None:
        return {"_recorded": {"extension": [{"url": DATA_ABSENT_REASON, "valueCode": "unknown"}]}}
    return {"recorded": received.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _add_header(resource: Resource, message: Message, hospital: Hospital) -> None:
    """What the message says of itself: application, type and event, control id, and when it happened."""
    sent = message.header
    if application := _plain(sent.text(3)):
        resource["agent"].append(_agent("assembler", {"type": "Device", "display": application}))
    if happened := event_date_time(message, hospital):
        resource["occurredDateTime"] = happened
    words = (("v2-0003", sent.text(9, 2)), ("v2-0076", sent.text(9)))
    codings = [{"system": f"{_TERMINOLOGY}/{table}", "code": code} for table, code in words if code]
    resource["activity"] = {"coding": codings}
    if control_id := _plain(sent.text(10)):
        resource["entity"].append(_source(hospital.identifier_system("message-control-id"), control_id))
    if operator := _operator(message):
        resource["agent"].append(_agent("enterer", {"type": "Practitioner", "display": operator}))
    resource["extension"] = heading(message)


def _operator(message: Message) -> str:
    """EVN-5, as text."""
    event = message.first("EVN")
    return _plain(" ".join(filter(None, (event.text(5, part) for part in (1, 2, 3))))) if event else ""


def _agent(kind: str, who: Resource) -> Resource:
    return {
        "type": {"coding": [{"system": f"{_TERMINOLOGY}/provenance-participant-type", "code": kind}]},
        "who": who,
    }


def _source(system: str, value: str) -> Resource:
    return {"role": "source", "what": {"identifier": {"system": system, "value": value}}}


def _hospital(envelope: Envelope, targets: Sequence[tuple[str, str]], base: str) -> Resource:
    """The sender's Organization, which is the first of what a message makes."""
    hospital = envelope.hospital
    name = _plain(hospital.name) or hospital.id
    first, id_ = targets[0]
    if first == "Organization":
        return {"reference": f"{first}/{id_}", "display": name}
    identifier = {"system": f"{base}/sid/hospital", "value": hospital.id}
    return {"type": "Organization", "identifier": identifier, "display": name}


def _plain(text: str, longest: int = 200) -> str:
    """As FHIR's string may be, and not longer than a name is."""
    if text.isprintable():
        return text.strip()[:longest]
    return "".join(character for character in text if character.isprintable()).strip()[:longest]
