"""Envelopes of what is no HL7 v2: v3 messages, clinical documents and the like, told by their bytes. Pure.

They go the way of every message: kept raw, then translated, then stored. A v3 message is answered with
MCCI_IN000002UV01, everything else with an OperationOutcome.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.documents import CDA, HL7_V3, LOCAL, TABLE, form_of, hospital_of, said_by
from adapters.hl7v2.acknowledge import Code, Fault
from adapters.hl7v2.fault import (
    APPLICATION_INTERNAL_ERROR,
    REQUIRED_FIELD_MISSING,
    SEGMENT_SEQUENCE_ERROR,
    UNSUPPORTED_MESSAGE_TYPE,
)
from adapters.hospitals.hospital import Hospital, Hospitals
from adapters.trees.parse import Tree, XmlError, parse
from adapters.v3.acknowledge import acknowledgement
from adapters.v3.envelope import Request, unwrapped
from adapters.v3.interaction import Interaction, interaction_of, is_complete
from adapters.v3.registry_answer import ACKNOWLEDGED, answered
from adapters.v3.translate import prepared
from exchange.inbound.envelope import Envelope, bounded
from exchange.inbound.sent import Sent

CHANNELS: Final = ("v3", "documents")
_NONE = Interaction("", ("", ""), "", "", "", False)


@dataclass(frozen=True, slots=True)
class DocumentEnvelope(Envelope):
    """`interaction` is a v3 message's own wrapper; `service` what its SOAP envelope calls."""

    interaction: Interaction = field(default=_NONE)
    service: str = ""

    def wants_accept(self, accepted: bool) -> bool:
        return False

    def wants_application(self, succeeded: bool) -> bool:
        return True

    @property
    def is_acknowledgement(self) -> bool:
        return self.interaction.is_acknowledgement

    def answer(self, code: Code, instant: datetime, faults: Sequence[Fault] = ()) -> bytes:
        if self.channel == "documents" or not (self.channel == "v3" or self.interaction.name):
            return _outcome(code, faults)
        asked = self.interaction
        if asked.is_international:
            done = code if code in ("AA", "AR") else "AE"
            return answered(ACKNOWLEDGED, asked, self.sha256, instant, done, faults).encode()
        details = [(fault.code, _told(fault)) for fault in faults]
        typed = code if code in ("AA", "AR") else "AE"
        number = code[0] + self.sha256.hex()[:19]
        return acknowledgement(
            typed, asked.message_id, asked.sender, asked.receiver, number, instant, details
        ).encode()


def sealed_document(raw: bytes, channel: str, charset: str | None, hospitals: Hospitals) -> DocumentEnvelope:
    """The envelope of some bytes, whatever they are."""
    form = form_of(raw)
    faults: list[Fault] = []
    request: Request | None = None
    tree: Tree | None = None
    try:
        tree = None if form == TABLE else parse(raw, charset)
        request = unwrapped(tree) if tree is not None else None
    except XmlError as error:
        faults = [Fault(SEGMENT_SEQUENCE_ERROR, str(error))]
    if request is not None:
        form, tree = HL7_V3, prepared(request.tree)
    elif channel == "v3" and not faults:
        faults = [Fault(UNSUPPORTED_MESSAGE_TYPE, "there is no HL7 v3 message in it")]
    interaction = interaction_of(tree.root) if request is not None and tree is not None else _NONE
    if request is not None and tree is not None and (missing := is_complete(tree.root)):
        faults = [Fault(REQUIRED_FIELD_MISSING, f"{missing} is required", missing)]
    if not form and not faults:
        faults = [Fault(UNSUPPORTED_MESSAGE_TYPE, "no known form")]
    sha256 = hashlib.sha256(raw).digest()
    return DocumentEnvelope(
        raw=raw,
        sha256=sha256,
        channel=channel,
        charset=charset,
        codec="utf-8",
        header=(),
        sender=bounded(interaction.sender or channel),
        control_id=bounded(interaction.message_id[1] or sha256.hex()[:32]),
        message_type=bounded(interaction.name or _kind(tree, form)),
        hospital=_speaking(hospital_of(tree, form, hospitals, raw).through(channel), tree, form),
        message=None if faults else Sent(raw, form, charset, channel),
        faults=faults,
        written=_written(tree),
        interaction=interaction,
        service=request.service if request is not None else "",
    )


def _written(tree: Tree | None) -> str:
    """creationTime of a v3 message, effectiveTime of a clinical document."""
    if tree is None:
        return ""
    told = tree.root.first("creationTime") or tree.root.first("effectiveTime")
    return told.peek("value") if told is not None else ""


def _speaking(hospital: Hospital, tree: Tree | None, form: str) -> Hospital:
    """The hospital through the interface that a document came by; of tables each row tells."""
    if tree is None or form not in (CDA, HL7_V3, LOCAL):
        return hospital
    return hospital.speaking(said_by(tree, form))


def _kind(tree: Tree | None, form: str) -> str:
    """`cda C0034`, or the form alone."""
    code = tree.root.first("code") if tree is not None and form == CDA else None
    return f"{form} {code.peek('code')}".strip() if code is not None else form


def _told(fault: Fault) -> str:
    return f"{fault.address}: {fault.diagnostics}" if fault.address else fault.diagnostics


def _outcome(code: Code, faults: Sequence[Fault]) -> bytes:
    """What became of a document, as an OperationOutcome."""
    issues = [
        {
            "severity": "error",
            "code": "exception" if fault.code == APPLICATION_INTERNAL_ERROR else "invalid",
            "diagnostics": _told(fault),
        }
        for fault in faults
    ]
    done = [{"severity": "information", "code": "informational", "diagnostics": "stored"}]
    outcome = {"resourceType": "OperationOutcome", "issue": issues or done}
    return json.dumps(outcome, ensure_ascii=False, separators=(",", ":")).encode()
