"""Which message made which resources: one Provenance a message. Pure.

https://hl7.org/fhir/R4/provenance.html

A client finds what a message made by `Provenance?entity:identifier=<base>/sid/hl7v2-message|<SHA-256>`, the
hash of its bytes in hexadecimal.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from exchange.inbound.envelope import Envelope

Resource = dict[str, Any]
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def message_system(base: str) -> str:
    """The identifier system of HL7 v2 messages; a value is the SHA-256 of the bytes, in hexadecimal."""
    return f"{base}/sid/hl7v2-message"


def provenance(
    envelope: Envelope, received: datetime, targets: Sequence[tuple[str, str]], base: str
) -> Resource:
    """The Provenance of a message, always the same one. `targets` are (type, id), at least one."""
    identity = "\x1f".join([envelope.sender, envelope.control_id, envelope.sha256.hex()])
    system = message_system(base)
    resource: Resource = {
        "resourceType": "Provenance",
        "id": str(uuid5(NAMESPACE_URL, f"{system}/{identity}")),
        "target": [{"reference": f"{type_}/{id_}"} for type_, id_ in targets],
        "recorded": received.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "agent": [{"type": _author(), "who": _who(envelope, base)}],
        "entity": [
            {"role": "source", "what": {"identifier": {"system": system, "value": envelope.sha256.hex()}}}
        ],
    }
    message = envelope.message
    if message and (event := message.text("MSH-9.2")):
        resource["activity"] = {"coding": [{"system": f"{_TERMINOLOGY}/v2-0003", "code": event}]}
    return resource


def _author() -> Resource:
    return {"coding": [{"system": f"{_TERMINOLOGY}/provenance-participant-type", "code": "author"}]}


def _who(envelope: Envelope, base: str) -> Resource:
    hospital = envelope.hospital
    return {
        "type": "Organization",
        "identifier": {"system": f"{base}/sid/hospital", "value": hospital.id},
        "display": hospital.name,
    }
